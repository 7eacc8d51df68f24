package rules

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/inspector"
)

// loop is the proof, or the failed attempt at one, that a loop over a map does the
// same in any order. Every statement of its body must be understood; then
//
//   - a slice that it appends to is sorted next;
//   - a map or slice element is written at the loop's own key, or gets a constant;
//   - an accumulator is an integer and sees one commutative operation;
//   - a plain variable gets one constant, or the max or min of what is seen;
//   - what is written is not read in the body;
//   - a loop that may end early only answers with constants.
type loop struct {
	*checker
	cur      inspector.Cursor
	stmt     *ast.RangeStmt
	key      types.Object
	writes   map[string]string // target: the one operation it sees
	reads    []ast.Expr
	endEarly bool
}

// constantWrite is the operation of assigning a constant; its text follows.
const constantWrite = "const "

func (c *checker) orderStays(cur inspector.Cursor, n *ast.RangeStmt) bool {
	if n.Key == nil && n.Value == nil {
		return true // nothing tells the rounds apart
	}
	l := &loop{checker: c, cur: cur, stmt: n, key: c.loopVariable(n.Key), writes: map[string]string{}}
	return n.Tok == token.DEFINE && l.block(n.Body) && l.independent()
}

func (c *checker) loopVariable(e ast.Expr) types.Object {
	if id, ok := e.(*ast.Ident); ok {
		return c.TypesInfo.Defs[id]
	}
	return nil
}

// independent says whether the rounds are independent of each other.
func (l *loop) independent() bool {
	for target, op := range l.writes {
		if l.endEarly && !strings.HasPrefix(op, constantWrite) {
			return false
		}
		for _, e := range l.reads {
			if mentions(e, target) {
				return false
			}
		}
	}
	return true
}

// write records that target sees op, and says whether it sees no other.
func (l *loop) write(target, op string) bool {
	if old, ok := l.writes[target]; ok && old != op {
		return false
	}
	l.writes[target] = op
	return true
}

func (l *loop) block(body *ast.BlockStmt) bool { return body == nil || l.all(body.List) }

func (l *loop) all(list []ast.Stmt) bool {
	for _, s := range list {
		if !l.statement(s) {
			return false
		}
	}
	return true
}

func (l *loop) statement(s ast.Stmt) bool {
	switch s := s.(type) {
	case nil, *ast.EmptyStmt:
		return true
	case *ast.BlockStmt:
		return l.block(s)
	case *ast.IfStmt:
		return l.statement(s.Init) && l.pure(s.Cond) && l.block(s.Body) && l.statement(s.Else)
	case *ast.ForStmt:
		return l.statement(s.Init) && (s.Cond == nil || l.pure(s.Cond)) && l.statement(s.Post) && l.block(s.Body)
	case *ast.RangeStmt:
		return l.inner(s)
	case *ast.SwitchStmt:
		return l.statement(s.Init) && (s.Tag == nil || l.pure(s.Tag)) && l.block(s.Body)
	case *ast.CaseClause:
		return l.pure(s.List...) && l.all(s.Body)
	case *ast.DeclStmt:
		return l.declaration(s)
	case *ast.BranchStmt:
		l.endEarly = l.endEarly || s.Tok != token.CONTINUE
		return s.Label == nil && s.Tok != token.GOTO && s.Tok != token.FALLTHROUGH
	case *ast.ReturnStmt:
		return l.answer(s)
	case *ast.ExprStmt:
		return l.remove(s)
	case *ast.IncDecStmt:
		return l.accumulate(s.X, token.ADD_ASSIGN)
	case *ast.AssignStmt:
		return l.assign(s)
	}
	return false
}

// inner accepts a loop inside over anything but channels and functions. If it
// ranges over a map, it is judged by itself too.
func (l *loop) inner(s *ast.RangeStmt) bool {
	switch l.typeOf(s.X).Underlying().(type) {
	case *types.Chan, *types.Signature:
		return false
	}
	return s.Tok != token.ASSIGN && l.pure(s.X) && l.block(s.Body)
}

func (l *loop) declaration(s *ast.DeclStmt) bool {
	for _, spec := range s.Decl.(*ast.GenDecl).Specs {
		if v, ok := spec.(*ast.ValueSpec); ok && !l.pure(v.Values...) {
			return false
		}
	}
	return true
}

// answer accepts returning constants, the same at every return.
func (l *loop) answer(s *ast.ReturnStmt) bool {
	l.endEarly = true
	var results []string
	for _, result := range s.Results {
		if !l.constant(result) {
			return false
		}
		results = append(results, types.ExprString(result))
	}
	return l.write("return", constantWrite+strings.Join(results, ","))
}

// remove accepts delete(m, key), at the loop's own key or from another map.
func (l *loop) remove(s *ast.ExprStmt) bool {
	call, ok := s.X.(*ast.CallExpr)
	if !ok || l.builtin(call) != "delete" {
		return false
	}
	target := types.ExprString(call.Args[0])
	ranged := target == types.ExprString(l.stmt.X)
	if ranged && l.ownKey(call.Args[1]) {
		return true
	}
	return !ranged && l.pure(call.Args[1]) && l.write(target, "delete")
}

// assign accepts the assignments whose order does not matter.
func (l *loop) assign(s *ast.AssignStmt) bool {
	if s.Tok == token.DEFINE {
		return l.pure(s.Rhs...)
	}
	if len(s.Lhs) != 1 || len(s.Rhs) != 1 {
		return false
	}
	left, right := ast.Unparen(s.Lhs[0]), s.Rhs[0]
	switch {
	case l.local(left):
		call := l.appendsTo(right, types.ExprString(left))
		return l.pure(right) || call != nil && l.pure(call.Args[1:]...)
	case s.Tok != token.ASSIGN:
		return l.pure(right) && l.accumulate(left, s.Tok)
	}
	if index, ok := left.(*ast.IndexExpr); ok {
		return l.element(index, right)
	}
	return l.variable(left, right)
}

// element accepts m[key] = anything, and m[anything] = constant.
func (l *loop) element(left *ast.IndexExpr, right ast.Expr) bool {
	whole, target := types.ExprString(left.X), types.ExprString(left)
	own, ranged := l.ownKey(left.Index), whole == types.ExprString(l.stmt.X)
	if !own {
		return !ranged && l.constant(right) && l.pure(left.Index) && l.write(whole, constantWrite+types.ExprString(right))
	}
	if call := l.appendsTo(right, target); call != nil {
		return l.pure(call.Args[1:]...) && l.write(whole, "own key")
	}
	return l.pure(right) && (ranged || l.write(whole, "own key"))
}

// variable accepts x = append(x, ...), x = max(x, ...), x = constant.
func (l *loop) variable(left, right ast.Expr) bool {
	target := types.ExprString(left)
	if id, ok := left.(*ast.Ident); ok && id.Name == "_" {
		return l.pure(right)
	}
	if !isVariable(left) {
		return false
	}
	if call := l.appendsTo(right, target); call != nil {
		return l.pure(call.Args[1:]...) && l.write(target, "append") && l.sortedNext(l.cur, target)
	}
	if call, ok := right.(*ast.CallExpr); ok {
		name := l.builtin(call)
		extreme := name == "max" || name == "min"
		return extreme && types.ExprString(call.Args[0]) == target && l.pure(call.Args[1:]...) && l.write(target, name)
	}
	return l.constant(right) && l.write(target, constantWrite+types.ExprString(right))
}

// isVariable says whether e is a variable or a field of one.
func isVariable(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		return true
	case *ast.SelectorExpr:
		return isVariable(e.X)
	}
	return false
}

// commutative maps the operators that may come in any order to their family.
var commutative = map[token.Token]string{
	token.ADD_ASSIGN: "add", token.SUB_ASSIGN: "add", token.MUL_ASSIGN: "multiply",
	token.OR_ASSIGN: "or", token.AND_ASSIGN: "and", token.XOR_ASSIGN: "xor", token.AND_NOT_ASSIGN: "clear",
}

// accumulate accepts x += integer and its kin, also on elements.
func (l *loop) accumulate(left ast.Expr, op token.Token) bool {
	if l.local(left) {
		return true
	}
	basic, ok := l.typeOf(left).Underlying().(*types.Basic)
	if !ok || basic.Info()&types.IsInteger == 0 || commutative[op] == "" {
		return false
	}
	if index, ok := ast.Unparen(left).(*ast.IndexExpr); ok {
		ranged := types.ExprString(index.X) == types.ExprString(l.stmt.X)
		return !ranged && l.pure(index.Index) && l.write(types.ExprString(index.X), commutative[op])
	}
	return isVariable(left) && l.write(types.ExprString(left), commutative[op])
}

// local says whether e is a variable that lives for one round only.
func (l *loop) local(e ast.Expr) bool {
	id, ok := ast.Unparen(e).(*ast.Ident)
	if !ok {
		return false
	}
	obj := l.TypesInfo.ObjectOf(id)
	return obj != nil && l.stmt.Body.Pos() <= obj.Pos() && obj.Pos() < l.stmt.Body.End()
}

// ownKey says whether e is the loop's key, or a composite that contains it: then
// every round has its own element.
func (l *loop) ownKey(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		return l.key != nil && l.TypesInfo.Uses[e] == l.key
	case *ast.KeyValueExpr:
		return l.ownKey(e.Value)
	case *ast.CompositeLit:
		return slices.ContainsFunc(e.Elts, l.ownKey) && l.pure(e)
	}
	return false
}

// constant says whether e is the same in every round: it mentions nothing that the
// loop declares.
func (l *loop) constant(e ast.Expr) bool {
	same := true
	ast.Inspect(e, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			obj := l.TypesInfo.Uses[id]
			same = same && (obj == nil || obj.Pos() < l.stmt.Pos() || obj.Pos() >= l.stmt.End())
		}
		return same
	})
	return same && l.pure(e)
}
