// Package maporder ranges over maps.
//
//simsafe:strict
package maporder

import (
	"cmp"
	"maps"
	"slices"
	"sort"
	"strings"
)

type row struct {
	key   string
	value int
}

type totals struct {
	sum  int
	rows []row
}

func collectAndSort(m map[string]int) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	if len(keys) == 0 {
		return nil
	}
	slices.Sort(keys)
	return keys
}

func collectSome(m map[string]int, low int) []row {
	rows := make([]row, 0, len(m))
	for k, v := range m {
		if v < low || strings.HasPrefix(k, "_") {
			continue
		}
		doubled := v
		doubled *= 2
		rows = append(rows, row{k, doubled})
	}
	sort.Slice(rows, func(i, j int) bool { return rows[i].key < rows[j].key })
	return rows
}

func collectTwo(m, n map[string]int) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	for k := range n {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

func collectNested(list []map[string][]int) []int {
	var all []int
	for _, m := range list {
		for _, values := range m {
			for _, v := range values {
				all = append(all, v)
			}
		}
	}
	slices.Sort(all)
	return all
}

func (t *totals) field(m map[string]int) {
	for k, v := range m {
		t.sum += v
		t.rows = append(t.rows, row{k, v})
	}
	slices.SortFunc(t.rows, func(a, b row) int { return cmp.Compare(a.key, b.key) })
}

func otherMap(m map[string]int, n map[string]int, groups map[string][]int, pairs map[row]bool) {
	for k, v := range m {
		n[k] = v
		groups[k] = append(groups[k], v)
		pairs[row{k, 0}] = v > 3
	}
	seen := map[int]struct{}{}
	for _, v := range m {
		seen[v] = struct{}{}
	}
	for k := range m {
		delete(n, k)
	}
	for k, v := range m {
		if v == 0 {
			delete(m, k)
		}
	}
	for k := range m {
		m[k] = 0
	}
}

func accumulate(m map[string]int, perValue map[int]int) (int, int, int) {
	sum, most, bits := 0, 0, 0
	for k, v := range m {
		sum += v - len(k)
		most = max(most, v)
		bits |= 1 << v
		perValue[v]++
	}
	return sum, most, bits
}

func count(m map[string]int) (n int) {
	for range m {
		n++
	}
	return n
}

func anyNegative(m map[string]int) bool {
	for _, v := range m {
		if v < 0 {
			return true
		}
	}
	return false
}

func found(m map[string]int) bool {
	ok := false
	for _, v := range m {
		switch {
		case v < 0:
			ok = true
		}
	}
	return ok
}

func sortedIterators(m map[string]int) map[string]int {
	for _, k := range slices.Sorted(maps.Keys(m)) {
		println(k)
	}
	_ = slices.SortedFunc(maps.Values(m), cmp.Compare[int])
	return maps.Collect(maps.All(m))
}
