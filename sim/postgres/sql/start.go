package sql

// Start is where an expression begins in the text: its own place or that of its leftmost part,
// whichever comes first. It is where PostgreSQL points when it means the whole expression
// (exprLocation); an operator's own place is Offset.
func Start(e Expr) At {
	if e == nil {
		return 0
	}
	at := At(e.Offset())
	for e != nil {
		at = min(at, At(e.Offset()))
		e = leftmost(e)
	}
	return at
}

// leftmost is the operand that stands before an operator; nil for everything else.
func leftmost(e Expr) Expr {
	switch e := e.(type) {
	case *Binary:
		return e.Left
	case *Logical:
		return e.Terms[0]
	case *IsNull:
		return e.Operand
	case *IsTruth:
		return e.Operand
	case *IsDistinct:
		return e.Left
	case *Between:
		return e.Operand
	case *LikeMatch:
		return e.Operand
	case *InList:
		return e.Operand
	case *InSubquery:
		return e.Operand
	case *QuantifiedArray:
		return e.Operand
	case *QuantifiedSubquery:
		return e.Operand
	case *Cast:
		return e.Operand
	case *Collate:
		return e.Operand
	case *FieldSelect:
		return e.Operand
	case *Subscript:
		return e.Operand
	case *FuncCall:
		if len(e.Args) > 0 {
			return e.Args[len(e.Args)-1] // x AT TIME ZONE z is timezone(z, x)
		}
	}
	return nil
}
