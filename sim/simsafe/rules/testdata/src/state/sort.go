package state

import "slices"

func sortStrings() { slices.Sort(sorted) }
