package value

// path is how one type becomes another (find_coercion_pathway in parse_coerce.c).
type path uint8

const (
	noPath path = iota
	relabel
	throughFunction
	throughText
	elementwise
)

// findPath finds the way from one type to another in a context.
func findPath(from, to *Type, context CastContext) (path, castRow) {
	if Same(from, to) {
		return relabel, castRow{}
	}
	if row, ok := catalog().casts[castKey{from, to}]; ok {
		if context < row.context {
			return noPath, row
		}
		return pathOfMethod(row.method), row
	}
	if from.Elem != nil && to.Elem != nil {
		return arrayPath(from.Elem, to.Elem, context), castRow{}
	}
	switch {
	case context >= Assignment && to.Category == 'S', context >= Explicit && from.Category == 'S':
		return throughText, castRow{}
	}
	return noPath, castRow{}
}

func pathOfMethod(method byte) path {
	switch method {
	case 'b':
		return relabel
	case 'i':
		return throughText
	}
	return throughFunction
}

func arrayPath(from, to *Type, context CastContext) path {
	switch way, _ := findPath(from, to, context); way {
	case noPath:
		return noPath
	case throughText:
		return throughText
	}
	return elementwise
}

// canCoerce says whether every argument can become its parameter's type (can_coerce_type).
func canCoerce(from, to []*Type, context CastContext) bool {
	generic := false
	for i := range from {
		switch {
		case Same(from[i], to[i]), to[i] == anyType, from[i] == Unknown:
		case polymorphic(to[i]):
			generic = true
		case from[i] == Record && to[i].Category == 'C', from[i].Category == 'C' && to[i] == Record:
		case from[i].Kind == KindRecord && from[i].OID == Record.OID && to[i].Kind == KindRecord:
		default:
			if way, _ := findPath(from[i], to[i], context); way == noPath {
				return false
			}
		}
		generic = generic || polymorphic(to[i])
	}
	if !generic {
		return true
	}
	_, err := bind(to, from)
	return err == nil || isIndeterminate(err)
}

func canCoerceOne(from, to *Type, context CastContext) bool {
	return canCoerce([]*Type{from}, []*Type{to}, context)
}

// CommonType chooses the type of CASE, COALESCE, GREATEST, VALUES, IN, UNION and ARRAY[] (manual,
// 10.5). what names the construct in the error (42804): CASE, UNION, ARRAY ... That every other
// type can be coerced to the answer is for FindCast to say.
func CommonType(what string, types []*Type) (*Type, error) {
	best := Unknown
	for _, t := range types {
		switch {
		case t == Unknown || Same(t, best):
		case best == Unknown:
			best = t
		case t.Category != best.Category:
			return nil, newError(CodeDatatypeMismatch, what, " types ", best.Display, " and ", t.Display, " cannot be matched")
		case !best.Preferred && canCoerceOne(best, t, Implicit) && !canCoerceOne(t, best, Implicit):
			best = t
		}
	}
	if best == Unknown {
		return Text, nil
	}
	return best, nil
}
