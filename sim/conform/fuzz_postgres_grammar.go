package conform

import (
	"slices"
	"strconv"
	"strings"

	"pgregory.net/rapid"
)

// grammar is where random SQL comes from: rules with alternatives, in which {rule} stands
// for text of another rule. The first alternative of a rule ends it: deep down it is the
// only one taken. "3*" before an alternative is its weight.
//
// What it leaves out is left out because the server does not define it: the order of rows without
// ORDER BY (so a statement that locks several rows finds them by the primary key, whose
// order is defined with sequential scans off), the order of locks in a join, clocks.
type grammar map[string][]string

// grammarDepth bounds the nesting of rules.
const grammarDepth = 6

// parseGrammar reads lines "rule = alternative" and "| alternative".
func parseGrammar(text string) grammar {
	g := grammar{}
	var name string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		alternative, follows := strings.CutPrefix(line, "| ")
		if !follows {
			var ok bool
			if name, alternative, ok = strings.Cut(line, " ="); !ok {
				panic("not a rule: " + line)
			}
			alternative = strings.TrimSpace(alternative)
		}
		weight := 1
		if number, rest, ok := strings.Cut(alternative, "* "); ok {
			if n, err := strconv.Atoi(number); err == nil {
				weight, alternative = n, rest
			}
		}
		for range weight {
			g[name] = append(g[name], strings.ReplaceAll(alternative, `\n`, "\n"))
		}
	}
	return g
}

// kinds returns the rules that are statements, in order: their names contain a dot.
func (g grammar) kinds() []string {
	var kinds []string
	for name := range g {
		if strings.Contains(name, ".") {
			kinds = append(kinds, name)
		}
	}
	slices.Sort(kinds)
	return kinds
}

// choose draws a number below n, all alike: rapid's own ranges prefer small ones, which here
// would be the first alternatives.
func choose(t *rapid.T, label string, n int) int { return uniform.Draw(t, label) * n >> uniformBits }

const uniformBits = 12

var uniform = rapid.Custom(func(t *rapid.T) int {
	n := 0
	for range uniformBits {
		n <<= 1
		if rapid.Bool().Draw(t, "bit") {
			n |= 1
		}
	}
	return n
})

// expand draws text of a rule.
func (g grammar) expand(t *rapid.T, rule string, depth int) string {
	alternatives, ok := g[rule]
	if !ok {
		panic("no rule " + rule)
	}
	chosen := alternatives[0]
	if depth < grammarDepth && len(alternatives) > 1 {
		chosen = alternatives[choose(t, rule, len(alternatives))]
	}
	var text strings.Builder
	for {
		before, rest, found := strings.Cut(chosen, "{")
		text.WriteString(before)
		if !found {
			return text.String()
		}
		name, after, closed := strings.Cut(rest, "}")
		if _, isRule := g[name]; !closed || !isRule { // a brace of the text, as in JSON
			text.WriteString("{")
			after = rest
		} else {
			text.WriteString(g.expand(t, name, depth+1))
		}
		chosen = after
	}
}
