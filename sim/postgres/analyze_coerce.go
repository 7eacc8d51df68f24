package postgres

import (
	"errors"
	"fmt"

	"github.com/squallhq/squall/sim/postgres/sql"
	"github.com/squallhq/squall/sim/postgres/value"
)

// coerce converts a node to a type, if the context allows it. An unknown literal is read
// as the type, an unknown parameter becomes one.
func (a *analyzer) coerce(n node, to *value.Type, mod int32, context value.CastContext) (node, error) {
	switch from := n.(type) {
	case *constNode:
		if n.typ() == value.Unknown {
			return a.literal(from, to, mod, context)
		}
	case *paramNode:
		if n.typ() == value.Unknown && to != value.Unknown {
			return a.settle(from, to, mod, context)
		}
	}
	if value.Same(n.typ(), to) || to.Pseudo && !value.Same(to, value.Unknown) {
		return fit(n, to, mod, context), nil
	}
	cast, err := value.FindCast(n.typ(), to, context)
	if err != nil {
		return nil, a.at(err, n.place())
	}
	out := &castNode{typed: typed{t: to, mod: mod, at: n.place()}, cast: cast, context: context, arg: n}
	if to == value.RegClass && n.typ().Kind == value.KindInt {
		return &classNode{typed: out.typed, arg: out}, nil
	}
	return out, nil
}

// classNode gives a relation's oid its name.
type classNode struct {
	typed
	arg node
}

func (n *classNode) children() []node { return []node{n.arg} }

func (n *classNode) compile() evaluator {
	arg := n.arg.compile()
	return func(f *frame) (value.Value, error) {
		v, err := arg(f)
		if err != nil || v.IsNull() || v.S != "" || f.x.session == nil {
			return v, err
		}
		v.S, err = f.x.session.classNamed(uint32(v.N))
		return v, err
	}
}

// fit applies a type modifier to a node of the right type.
func fit(n node, to *value.Type, mod int32, context value.CastContext) node {
	if mod == value.NoMod || mod == n.modifier() {
		return n
	}
	return &castNode{typed: typed{t: to, mod: mod, at: n.place()}, context: context, arg: n}
}

// literal reads a literal of unknown type as the type that its context wants.
func (a *analyzer) literal(c *constNode, to *value.Type, mod int32, context value.CastContext) (node, error) {
	if to == value.Unknown || to.Pseudo {
		if c.v.IsNull() || to == value.Unknown || to.Name == "any" {
			return c, nil
		}
		to = value.Text
	}
	out := &constNode{typed: typed{t: to, mod: mod, at: c.at}}
	if c.v.IsNull() {
		return out, nil
	}
	v, err := to.ParseLiteral(&a.context, c.v.S, mod)
	if err != nil {
		return nil, a.at(err, c.at)
	}
	if mod != value.NoMod {
		if v, err = to.Coerce(mod, v, context); err != nil {
			return nil, a.at(err, c.at)
		}
	}
	if temporal(to) {
		return &literalNode{typed: out.typed, text: c.v.S}, nil
	}
	out.v = v
	return out, nil
}

// temporal says whether reading a literal of the type may depend on the clock or the zone.
func temporal(t *value.Type) bool {
	switch t {
	case value.Timestamptz, value.Timestamp, value.Date, value.Time:
		return true
	}
	return t.Elem != nil && temporal(t.Elem)
}

// settle gives a parameter its type.
func (a *analyzer) settle(p *paramNode, to *value.Type, mod int32, context value.CastContext) (node, error) {
	if to.Pseudo {
		return p, nil
	}
	known := a.params[p.n-1]
	if known == value.Unknown {
		a.params[p.n-1] = to
		known = to
	}
	settled := &paramNode{typed: typeAt(known, p.at), n: p.n}
	if !value.Same(known, to) {
		e := func() *value.Error {
			target := &value.Error{}
			_ = errors.As(a.fail(p.at, "42P08", fmt.Sprintf("inconsistent types deduced for parameter $%d", p.n)), &target)
			return target
		}()
		e.Detail = known.Display + " versus " + to.Display
		return nil, e
	}
	return fit(settled, to, mod, context), nil
}

// assign converts a value for a column, with the error that INSERT and UPDATE give.
func (a *analyzer) assign(n node, name string, t *value.Type, mod int32) (node, error) {
	converted, err := a.coerce(n, t, mod, value.Assignment)
	var refused *value.Error
	if errors.As(err, &refused) && refused.Code == "42846" {
		e := refusal("42804", fmt.Sprintf("column %q is of type %s but expression is of type %s", name, t.Display, n.typ().Display))
		e.Hint = "You will need to rewrite or cast the expression."
		e.Position = sql.CharPosition(a.text, n.place())
		return nil, e
	}
	return converted, err
}

// known gives a node that is still of unknown type the type text.
func (a *analyzer) known(n node) (node, error) {
	if n.typ() != value.Unknown {
		return n, nil
	}
	return a.coerce(n, value.Text, value.NoMod, value.Implicit)
}

// condition converts a node to boolean for a clause.
func (a *analyzer) condition(n node, clause string) (node, error) {
	if n.typ() == value.Unknown {
		return a.coerce(n, value.Bool, value.NoMod, value.Implicit)
	}
	if n.typ() != value.Bool {
		return nil, a.fail(n.place(), "42804", "argument of "+clause+" must be type boolean, not type "+n.typ().Display)
	}
	return n, a.single("argument of "+clause, n.place(), n)
}

// common converts nodes to one type (manual, 10.5).
func (a *analyzer) common(what string, nodes []node) (*value.Type, error) {
	types := make([]*value.Type, len(nodes))
	for i, n := range nodes {
		types[i] = n.typ()
	}
	t, err := value.CommonType(what, types)
	if err != nil {
		return nil, a.at(err, a.culprit(nodes))
	}
	mod := commonModifier(nodes, t)
	for i, n := range nodes {
		if nodes[i], err = a.coerce(n, t, value.NoMod, value.Implicit); err != nil {
			return nil, err
		}
	}
	_ = mod
	return t, nil
}

// culprit is the place of the first node whose type differs from what came before.
func (a *analyzer) culprit(nodes []node) int {
	var first *value.Type
	for _, n := range nodes {
		if n.typ() == value.Unknown {
			continue
		}
		if first == nil {
			first = n.typ()
		} else if first.Category != n.typ().Category {
			return n.place()
		}
	}
	return nodes[len(nodes)-1].place()
}

func commonModifier(nodes []node, t *value.Type) int32 {
	mod := value.NoMod
	for i, n := range nodes {
		if !value.Same(n.typ(), t) || i > 0 && n.modifier() != mod {
			return value.NoMod
		}
		mod = n.modifier()
	}
	return mod
}

// cast is CAST (x AS type).
func (s *scope) cast(c *sql.Cast) (node, error) {
	t, mod, err := s.a.typeName(c.Type)
	if err != nil {
		return nil, err
	}
	if list, ok := c.Operand.(*sql.ArrayLiteral); ok && t.Elem != nil {
		n, err := s.array(list, t.Elem)
		if err != nil {
			return nil, err
		}
		return s.a.coerce(n, t, mod, value.Explicit)
	}
	n, err := s.expr(c.Operand)
	if err != nil {
		return nil, err
	}
	out, err := s.a.coerce(n, t, mod, value.Explicit)
	if err != nil {
		var refused *value.Error
		if errors.As(err, &refused) && refused.Code == "42846" {
			return nil, s.a.fail(c.Offset(), refused.Code, refused.Message)
		}
		return nil, err
	}
	return out, nil
}
