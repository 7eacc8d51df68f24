package wire

import (
	"slices"
	"strings"
)

// statement is what is known of a statement's text.
type statement struct {
	verb string // the first word, lower case; empty if there is only a comment
	name string // as in sim/postgres
	op   op     // in the comment behind a BEGIN
	rows rows
}

// rows says whether a statement returns rows.
type rows uint8

const (
	rowsUnknown rows = iota
	rowsNone
	rowsSome
)

// parseStatement reads a statement's text, or the beginning of it.
func parseStatement(text string) statement {
	rest := skipComments(text)
	s := statement{verb: word(rest), name: commentName(text)}
	switch s.verb {
	case "":
		return s
	case "begin", "start":
		s.op = commentOp(text)
	}
	if s.name == "" {
		s.name = impliedName(s.verb, rest)
	}
	return s
}

// returnsRows is a guess by the text, for statements that the server was not asked to
// describe before they run.
func returnsRows(text string) rows {
	switch word(skipComments(text)) {
	case "select", "values", "table", "show", "with", "explain", "fetch":
		return rowsSome
	}
	if strings.Contains(strings.ToLower(text), "returning") {
		return rowsSome
	}
	return rowsNone
}

// simple returns what crosses when the statement is sent by the simple protocol; empty if
// nothing does.
func (s *statement) simple(text string) string {
	switch s.verb {
	case "":
		return ""
	case "begin", "start":
		return "begin"
	case "commit", "end":
		return "commit"
	case "abort":
		return "rollback"
	case "rollback":
		if s.name != "rollback to savepoint" {
			return "rollback"
		}
	case "copy":
		return copyName(text)
	}
	return "exec " + s.name
}

// impliedName is the name of a statement without one. sim/postgres says more of some.
func impliedName(verb, text string) string {
	switch verb {
	case "savepoint", "release":
		return verb
	case "rollback":
		if slices.Contains(strings.Fields(strings.ToLower(text[len(verb):])), "to") {
			return "rollback to savepoint"
		}
	}
	return "statement"
}

// copyName is `copy` and the table as it was written.
func copyName(text string) string {
	rest := strings.TrimLeft(skipComments(text)[len("copy"):], spaces)
	quoted := false
	for i := range len(rest) {
		switch {
		case rest[i] == '"':
			quoted = !quoted
		case !quoted && strings.IndexByte(spaces+"(", rest[i]) >= 0:
			return "copy " + rest[:i]
		}
	}
	return "copy " + rest
}

const spaces = " \t\r\n\f\v"

// commentName reads the X of `-- name: X` at the start, as sqlc's statements have it.
func commentName(text string) string {
	rest, ok := strings.CutPrefix(strings.TrimLeft(text, spaces), "--")
	if !ok {
		return ""
	}
	rest, ok = strings.CutPrefix(strings.TrimLeft(rest, " \t"), "name:")
	if !ok {
		return ""
	}
	rest = strings.TrimLeft(rest, " \t")
	if end := strings.IndexAny(rest, spaces); end >= 0 {
		return rest[:end]
	}
	return rest
}

// commentOp reads Name{Key} from the comment that ends the text, as system/postgres
// writes it.
func commentOp(text string) op {
	text, ok := strings.CutSuffix(strings.TrimRight(text, spaces+";"), " */")
	start := strings.LastIndex(text, "/* ")
	if !ok || start < 0 {
		return op{}
	}
	return parseOp(text[start+len("/* "):])
}

// parseOp reads Name{Key}; anything else is no op.
func parseOp(text string) op {
	name, key, ok := strings.Cut(text, "{")
	key, closed := strings.CutSuffix(key, "}")
	if !ok || !closed || name == "" || key == "" {
		return op{}
	}
	return op{name, key}
}

func skipComments(text string) string {
	for {
		text = strings.TrimLeft(text, spaces+";")
		switch {
		case strings.HasPrefix(text, "--"):
			_, text, _ = strings.Cut(text, "\n")
		case strings.HasPrefix(text, "/*"):
			text = skipBlock(text)
		default:
			return text
		}
	}
}

// skipBlock skips a comment that may hold others.
func skipBlock(text string) string {
	depth := 0
	for i := 0; i+1 < len(text); i++ {
		switch text[i : i+2] {
		case "/*":
			depth++
			i++
		case "*/":
			depth--
			i++
			if depth == 0 {
				return text[i+1:]
			}
		}
	}
	return ""
}

// word returns the first word in lower case.
func word(text string) string {
	for i := range len(text) {
		if c := text[i] | 0x20; c < 'a' || c > 'z' {
			return strings.ToLower(text[:i])
		}
	}
	return strings.ToLower(text)
}
