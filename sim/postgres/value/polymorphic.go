package value

import "errors"

// bindings are the types that polymorphic parameters stand for in one call (manual, 38.2.5).
type bindings struct {
	elem       *Type // anyelement and its kin
	compatible *Type // anycompatible and its kin
}

// polymorphic says whether a parameter's type is settled by the call.
func polymorphic(t *Type) bool {
	switch t {
	case anyElement, anyArray, anyNonArray, anyEnum, anyRange, anyMultirange:
		return true
	}
	return compatibleFamily(t)
}

func compatibleFamily(t *Type) bool {
	switch t {
	case anyCompatible, anyCompatibleArray, anyCompatibleNonArray, anyCompatibleRange, anyCompatibleMultirange:
		return true
	}
	return false
}

// bind settles the polymorphic parameters of a call; the error says why the arguments do not agree.
func bind(params, args []*Type) (*bindings, error) {
	b := &bindings{}
	var compatible []*Type
	needElem := false
	for i, p := range params {
		if i >= len(args) {
			break
		}
		if compatibleFamily(p) {
			list, err := compatibleArg(p, args[i], compatible)
			if err != nil {
				return b, err
			}
			compatible = list
			continue
		}
		if !polymorphic(p) {
			continue
		}
		needElem = true
		if err := b.bindElem(p, args[i]); err != nil {
			return b, err
		}
	}
	if err := b.bindCompatible(params, compatible); err != nil {
		return b, err
	}
	if err := b.checkElem(params, needElem); err != nil {
		return b, err
	}
	return b, nil
}

func (b *bindings) bindElem(p, arg *Type) error {
	if arg == Unknown {
		return nil
	}
	elem := arg
	switch p {
	case anyRange, anyMultirange:
		return newError(CodeDatatypeMismatch, "argument declared ", p.Name, " is not a range type but type ", arg.Display)
	case anyArray:
		if elem = arg.Elem; elem == nil {
			return newError(CodeDatatypeMismatch, "argument declared anyarray is not an array but type ", arg.Display)
		}
	}
	if b.elem == nil {
		b.elem = elem
	}
	if !Same(b.elem, elem) {
		return disagree(p, b.elem, elem)
	}
	return nil
}

func disagree(p, first, second *Type) error {
	err := newError(CodeDatatypeMismatch, "arguments declared \"anyelement\" are not all alike")
	if p == anyArray {
		err = newError(CodeDatatypeMismatch, "argument declared anyarray is not consistent with argument declared anyelement")
	}
	err.Detail = first.Display + " versus " + second.Display
	return err
}

// compatibleArg notes what an argument adds to the common type of the anycompatible family.
func compatibleArg(p, arg *Type, list []*Type) ([]*Type, error) {
	switch {
	case arg == Unknown:
		return list, nil
	case p == anyCompatibleArray && arg.Elem == nil:
		return nil, newError(CodeDatatypeMismatch, "argument declared anycompatiblearray is not an array but type ", arg.Display)
	case p == anyCompatibleArray:
		return append(list, arg.Elem), nil
	case p == anyCompatibleRange || p == anyCompatibleMultirange:
		return nil, newError(CodeDatatypeMismatch, "argument declared ", p.Name, " is not a range type but type ", arg.Display)
	}
	return append(list, arg), nil
}

func (b *bindings) bindCompatible(params []*Type, list []*Type) error {
	needed, nonArray := false, false
	for _, p := range params {
		needed = needed || compatibleFamily(p)
		nonArray = nonArray || p == anyCompatibleNonArray
	}
	if !needed {
		return nil
	}
	common, err := CommonType("arguments of anycompatible family", list)
	if err != nil {
		return err
	}
	for _, t := range list {
		if !canCoerceOne(t, common, Implicit) {
			return newError(CodeDatatypeMismatch, "arguments of anycompatible family cannot be cast to a common type")
		}
	}
	if nonArray && common.Elem != nil {
		return newError(CodeDatatypeMismatch, "type matched to anycompatiblenonarray is an array type: ", common.Display)
	}
	b.compatible = common
	return nil
}

const unknownInput = "could not determine polymorphic type because input has type unknown"

func (b *bindings) checkElem(params []*Type, needed bool) error {
	if !needed {
		return nil
	}
	if b.elem == nil {
		return newError(CodeDatatypeMismatch, unknownInput)
	}
	for _, p := range params {
		switch {
		case p == anyNonArray && b.elem.Elem != nil:
			return newError(CodeDatatypeMismatch, "type matched to anynonarray is an array type: ", b.elem.Display)
		case p == anyEnum && !b.elem.IsEnum():
			return newError(CodeDatatypeMismatch, "type matched to anyenum is not an enum type: ", b.elem.Display)
		}
	}
	return nil
}

// isIndeterminate says whether bind failed only because all arguments were literals.
func isIndeterminate(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Message == unknownInput
}

// settle replaces a polymorphic type by what it stands for.
func (b *bindings) settle(t *Type) *Type {
	switch t {
	case anyElement, anyNonArray, anyEnum:
		return b.elem
	case anyArray:
		return arrayOrNil(b.elem)
	case anyCompatible, anyCompatibleNonArray:
		return b.compatible
	case anyCompatibleArray:
		return arrayOrNil(b.compatible)
	}
	return t
}

func arrayOrNil(elem *Type) *Type {
	if elem == nil {
		return nil
	}
	return ArrayOf(elem)
}

// settleAll replaces the polymorphic parameters; "any" becomes the argument's own type.
func (b *bindings) settleAll(params, args []*Type) []*Type {
	settled := make([]*Type, len(params))
	for i, p := range params {
		settled[i] = b.settle(p)
		if p == anyType {
			settled[i] = args[i]
		}
	}
	return settled
}
