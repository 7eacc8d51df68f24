package value

// choose picks the best of several candidates that all fit, by the rules of the manual's 10.2 and
// 10.3 (func_select_candidate in parse_func.c). candidates are parameter lists; the answer is an
// index, or -1 when the call is ambiguous.
func choose(args []*Type, candidates [][]*Type) int {
	left := make([]int, len(candidates))
	for i := range left {
		left[i] = i
	}
	left = best(left, func(i int) int { return matches(args, candidates[i], false) })
	if len(left) == 1 {
		return left[0]
	}
	left = best(left, func(i int) int { return matches(args, candidates[i], true) })
	if len(left) == 1 {
		return left[0]
	}
	return chooseUnknown(args, candidates, left)
}

// best keeps the candidates with the highest score.
func best(left []int, score func(int) int) []int {
	var kept []int
	high := -1
	for _, i := range left {
		switch s := score(i); {
		case s > high:
			high, kept = s, append(kept[:0], i)
		case s == high:
			kept = append(kept, i)
		}
	}
	return kept
}

// matches counts the known arguments whose type is the parameter's; with preferred also those
// whose parameter is the preferred type of the argument's category.
func matches(args, params []*Type, preferred bool) int {
	n := 0
	for i, arg := range args {
		if arg == Unknown {
			continue
		}
		if Same(arg, params[i]) || preferred && params[i].Preferred && params[i].Category == arg.Category {
			n++
		}
	}
	return n
}

// chooseUnknown decides by the categories that literals of unknown type could have.
func chooseUnknown(args []*Type, candidates [][]*Type, left []int) int {
	unknowns := 0
	for _, arg := range args {
		if arg == Unknown {
			unknowns++
		}
	}
	if unknowns == 0 {
		return -1
	}
	if kept := byCategory(args, candidates, left); len(kept) > 0 {
		left = kept
	}
	if len(left) == 1 {
		return left[0]
	}
	if unknowns < len(args) {
		return likeTheKnown(args, candidates, left)
	}
	return -1
}

// slotCategory is what the candidates say about one unknown argument.
type slotCategory struct {
	category  byte
	preferred bool
}

// byCategory keeps the candidates that accept the category settled for every unknown argument:
// string if any candidate has it, or else the one on which all agree.
func byCategory(args []*Type, candidates [][]*Type, left []int) []int {
	slots := make([]slotCategory, len(args))
	for i, arg := range args {
		if arg != Unknown {
			continue
		}
		slot, ok := settleSlot(i, candidates, left)
		if !ok {
			return nil
		}
		slots[i] = slot
	}
	var kept []int
	for _, c := range left {
		if fitsSlots(candidates[c], slots) {
			kept = append(kept, c)
		}
	}
	return kept
}

func settleSlot(i int, candidates [][]*Type, left []int) (slotCategory, bool) {
	var slot slotCategory
	conflict := false
	for _, c := range left {
		t := candidates[c][i]
		switch {
		case slot.category == 0:
			slot = slotCategory{t.Category, t.Preferred}
		case t.Category == slot.category:
			slot.preferred = slot.preferred || t.Preferred
		case t.Category == 'S':
			slot = slotCategory{'S', t.Preferred}
		case slot.category != 'S':
			conflict = true
		}
	}
	return slot, !conflict || slot.category == 'S'
}

func fitsSlots(params []*Type, slots []slotCategory) bool {
	for i, slot := range slots {
		if slot.category == 0 {
			continue
		}
		if params[i].Category != slot.category || slot.preferred && !params[i].Preferred {
			return false
		}
	}
	return true
}

// likeTheKnown takes the unknown arguments to be of the known ones' type, if that is one.
func likeTheKnown(args []*Type, candidates [][]*Type, left []int) int {
	var known *Type
	for _, arg := range args {
		switch {
		case arg == Unknown:
		case known == nil:
			known = arg
		case !Same(known, arg):
			return -1
		}
	}
	all := make([]*Type, len(args))
	for i := range all {
		all[i] = known
	}
	found := -1
	for _, c := range left {
		if canCoerce(all, candidates[c], Implicit) {
			if found >= 0 {
				return -1
			}
			found = c
		}
	}
	return found
}
