package rules

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

const useParameter = "it outlives a world and is shared by all; keep it in a value that is passed on"

// packageState judges the package's variables, once all of it has been read.
func (c *checker) packageState() {
	written := c.writtenVariables()
	for _, f := range c.files {
		for _, decl := range f.Decls {
			if decl, ok := decl.(*ast.GenDecl); ok && decl.Tok == token.VAR {
				c.variables(decl, written)
			}
		}
	}
}

func (c *checker) variables(decl *ast.GenDecl, written map[types.Object]bool) {
	for _, spec := range decl.Specs {
		spec := spec.(*ast.ValueSpec)
		for i, id := range spec.Names {
			var value ast.Expr
			if i < len(spec.Values) {
				value = spec.Values[i]
			}
			c.variable(id, value, embeds(decl, spec), written)
		}
	}
}

// variable judges one package variable.
func (c *checker) variable(id *ast.Ident, value ast.Expr, embedded bool, written map[types.Object]bool) {
	v := c.TypesInfo.Defs[id]
	switch {
	case id.Name == "_" || v == nil:
	case written[v]:
		c.find(state, id.Pos(), "package variable %s changes: %s", id.Name, useParameter)
	case embedded || c.sealed(v.Type(), value):
	case id.IsExported():
		c.find(state, id.Pos(), "package variable %s can be changed from outside: unexport it, or make it a function or constant", id.Name)
	case !c.constantShape(v.Type(), value):
		c.find(state, id.Pos(), "package variable %s holds a %s: %s", id.Name, types.TypeString(v.Type(), types.RelativeTo(c.Pkg)), useParameter)
	}
}

// embeds says whether the variable is filled by go:embed.
func embeds(decl *ast.GenDecl, spec *ast.ValueSpec) bool {
	for _, group := range []*ast.CommentGroup{decl.Doc, spec.Doc} {
		if group == nil {
			continue
		}
		for _, comment := range group.List {
			if strings.HasPrefix(comment.Text, "//go:embed ") {
				return true
			}
		}
	}
	return false
}

// sealed says whether the variable is of the kinds that may even be exported:
// errors, regular expressions, values computed once.
func (c *checker) sealed(t types.Type, value ast.Expr) bool {
	if isErrorLiteral(value) && types.Implements(t, errorInterface()) {
		return true
	}
	call, ok := ast.Unparen(value).(*ast.CallExpr)
	if !ok {
		return false
	}
	f := c.callee(call)
	return isFunc(f, "errors", "New") || isFunc(f, "fmt", "Errorf") ||
		isFunc(f, "regexp", "MustCompile") || isFunc(f, "strings", "NewReplacer") ||
		isFunc(f, "sync", "OnceValue", "OnceValues")
}

func errorInterface() *types.Interface {
	return types.Universe.Lookup("error").Type().Underlying().(*types.Interface)
}

// isErrorLiteral says whether the value is T{...} or &T{...}.
func isErrorLiteral(value ast.Expr) bool {
	value = ast.Unparen(value)
	if unary, ok := value.(*ast.UnaryExpr); ok && unary.Op == token.AND {
		value = unary.X
	}
	_, ok := value.(*ast.CompositeLit)
	return ok
}

// constantShape says whether a variable that nobody writes stays what it is: plain
// values and tables do, pointers and interfaces hide what changes behind them.
func (c *checker) constantShape(t types.Type, value ast.Expr) bool {
	switch t.Underlying().(type) {
	case *types.Basic, *types.Map, *types.Slice, *types.Array, *types.Struct:
		return true
	case *types.Signature:
		return c.isFunction(value)
	case *types.Interface:
		literal, ok := ast.Unparen(value).(*ast.CompositeLit)
		return ok && c.constantShape(c.typeOf(literal), literal)
	}
	return false
}

// isFunction says whether the value is a function without variables of its own. A
// function that another call returned may have captured some.
func (c *checker) isFunction(value ast.Expr) bool {
	switch value := ast.Unparen(value).(type) {
	case *ast.FuncLit:
		return true
	case *ast.Ident:
		_, ok := c.TypesInfo.Uses[value].(*types.Func)
		return ok
	case *ast.SelectorExpr:
		f, ok := c.TypesInfo.Uses[value.Sel].(*types.Func)
		return ok && f.Signature().Recv() == nil
	}
	return false
}
