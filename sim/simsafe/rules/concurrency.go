package rules

import (
	"go/ast"
	"go/token"
	"go/types"
)

const useQueue = "only the scheduler may decide who runs next; use port.Queue"

// concurrent judges the syntax that starts or joins goroutines.
func (c *checker) concurrent(n ast.Node) {
	switch n := n.(type) {
	case *ast.GoStmt:
		c.find(concurrency, n.Pos(), "go statement: %s", "the scheduler does not know the goroutine; use port.Tasks.Go, or port.Group to wait for it")
	case *ast.SelectStmt:
		c.find(concurrency, n.Pos(), "select: %s", "it picks a ready case at random; use port.Queue with a context")
	case *ast.SendStmt:
		c.find(concurrency, n.Arrow, "channel send: %s", useQueue)
	case *ast.ChanType:
		c.find(concurrency, n.Pos(), "channel type: %s", useQueue)
	}
}

func (c *checker) receive(n *ast.UnaryExpr) {
	if n.Op == token.ARROW {
		c.find(concurrency, n.OpPos, "channel receive: %s; ask a context with ctx.Err", useQueue)
	}
}

func (c *checker) rangeOverChannel(n *ast.RangeStmt) {
	if _, ok := c.typeOf(n.X).Underlying().(*types.Chan); ok {
		c.find(concurrency, n.For, "range over a channel: %s", useQueue)
	}
}
