package rules

import (
	"go/ast"
	"go/token"
)

// purePackages are packages all of whose functions only compute from their arguments.
var purePackages = setOf("strings strconv bytes cmp unicode unicode/utf8 math/bits path errors")

// pure says whether evaluating the expressions changes nothing, and keeps them as
// read by the loop.
func (l *loop) pure(list ...ast.Expr) bool {
	for _, e := range list {
		if !l.withoutEffect(e) {
			return false
		}
		l.reads = append(l.reads, e)
	}
	return true
}

func (l *loop) withoutEffect(e ast.Expr) bool {
	pure := true
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			pure = false
		case *ast.UnaryExpr:
			pure = pure && n.Op != token.ARROW
		case *ast.CallExpr:
			pure = pure && l.pureCall(n)
		}
		return pure
	})
	return pure
}

// pureCall accepts conversions, the predeclared functions that change nothing, and
// functions of pure packages.
func (l *loop) pureCall(call *ast.CallExpr) bool {
	if l.TypesInfo.Types[call.Fun].IsType() {
		return true
	}
	switch l.builtin(call) {
	case "len", "cap", "min", "max", "make", "new", "real", "imag", "complex":
		return true
	}
	f := l.callee(call)
	if f == nil || f.Pkg() == nil || f.Signature().Recv() != nil {
		return false
	}
	return purePackages[f.Pkg().Path()] || isFunc(f, "slices", "Clone", "Contains", "Index") || isFunc(f, "maps", "Clone") || isFunc(f, "fmt", "Sprint", "Sprintf")
}
