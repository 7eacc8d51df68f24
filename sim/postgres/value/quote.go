package value

import (
	_ "embed"
	"strings"
	"sync"
)

// keywords are the key words that must be quoted as identifiers (all but the unreserved ones).
//
//go:embed catalog/keywords.txt
var keywordLines string

var quotedKeywords = sync.OnceValue(func() map[string]bool {
	set := map[string]bool{}
	for word := range strings.FieldsSeq(keywordLines) {
		set[word] = true
	}
	return set
})

// QuoteIdent quotes an identifier if it needs quotes, as quote_ident does.
func QuoteIdent(name string) string {
	if plainIdent(name) && !quotedKeywords()[name] {
		return name
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

func plainIdent(name string) bool {
	for i := range len(name) {
		c := name[i]
		if c >= 'a' && c <= 'z' || c == '_' || i > 0 && isDigit(c) {
			continue
		}
		return false
	}
	return name != ""
}

// QuoteLiteral quotes a string as quote_literal does.
func QuoteLiteral(s string) string {
	quoted := "'" + strings.ReplaceAll(s, "'", "''") + "'"
	if strings.Contains(s, `\`) {
		return "E" + strings.ReplaceAll(quoted, `\`, `\\`)
	}
	return quoted
}
