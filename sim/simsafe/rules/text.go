package rules

import (
	"go/ast"
	"go/constant"
	"go/token"
	"regexp"
	"strconv"
	"strings"
)

// sqlVerbs begin a statement, after comments. Prose does not write them in capitals.
var sqlVerbs = regexp.MustCompile(`^(?:\s|--.*\n)*(SELECT|INSERT|UPDATE|DELETE|CREATE)\s`)

// sql judges where a statement's text stands.
func (c *checker) sql(lit *ast.BasicLit) {
	if lit.Kind != token.STRING {
		return
	}
	text, err := strconv.Unquote(lit.Value)
	if err != nil || !sqlVerbs.MatchString(text) {
		return
	}
	verb := sqlVerbs.FindStringSubmatch(text)[1]
	c.find(sqlText, lit.Pos(), "%s statement: SQL text stands in system/flow, a service's store*.go or scenarios/collect; call a function of theirs", verb)
	if !c.fileOf(lit.Pos()).store {
		c.find(sqlBesideStores, lit.Pos(), "%s statement: a service keeps its SQL text in store*.go; move it there", verb)
	}
}

// pointerVerb finds %p with any flags and width.
var pointerVerb = regexp.MustCompile(`^%[-+# 0]*[0-9]*p`)

// pointerFormat judges constant formats given to functions named like Printf.
func (c *checker) pointerFormat(call *ast.CallExpr) {
	if !strings.HasSuffix(calleeName(call), "f") {
		return
	}
	for _, arg := range call.Args {
		value := c.TypesInfo.Types[arg].Value
		if value != nil && value.Kind() == constant.String && formatsPointer(constant.StringVal(value)) {
			c.find(addresses, arg.Pos(), "%%p: %s", useIDs)
		}
	}
}

func formatsPointer(format string) bool {
	for {
		at := strings.IndexByte(format, '%')
		switch {
		case at < 0:
			return false
		case pointerVerb.MatchString(format[at:]):
			return true
		}
		format = format[min(at+1+leadingPercent(format[at+1:]), len(format)):]
	}
}

// leadingPercent is 1 if rest completes an escaped %%.
func leadingPercent(rest string) int {
	if strings.HasPrefix(rest, "%") {
		return 1
	}
	return 0
}

func calleeName(call *ast.CallExpr) string {
	switch fun := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		return fun.Name
	case *ast.SelectorExpr:
		return fun.Sel.Name
	}
	return ""
}
