package maporder

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
)

func unsorted(m map[string]int) (keys []string) {
	for k := range m { // want `maporder: range over a map: the order differs each time; range over slices.Sorted\(maps.Keys\(m\)\), or collect and sort next`
		keys = append(keys, k)
	}
	return keys
}

func shownBeforeSorted(m map[string]int) []string {
	var keys []string
	for k := range m { // want `maporder: range over a map`
		keys = append(keys, k)
	}
	println(keys[0])
	slices.Sort(keys)
	return keys
}

func sortedPerhaps(m map[string]int, tidy bool) []string {
	var keys []string
	for k := range m { // want `maporder: range over a map`
		keys = append(keys, k)
	}
	if tidy {
		slices.Sort(keys)
	}
	return keys
}

func sortedElsewhere(m map[string]int) func() {
	var keys []string
	for k := range m { // want `maporder: range over a map`
		keys = append(keys, k)
	}
	return func() { slices.Sort(keys) }
}

func shownInOuterLoop(list []map[string]int) []string {
	var keys []string
	for _, m := range list {
		if len(keys) > 0 {
			println(keys[0])
		}
		for k := range m { // want `maporder: range over a map`
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return keys
}

func calls(m map[string]int, f func(string)) {
	for k := range m { // want `maporder: range over a map`
		f(k)
	}
	var keys []string
	for k := range m { // want `maporder: range over a map`
		keys = append(keys, change(k))
	}
	slices.Sort(keys)
}

func change(k string) string { println(k); return k }

func anyOne(m map[string]int) string {
	for k := range m { // want `maporder: range over a map`
		return k
	}
	return ""
}

func firstFew(m map[string]int) []string {
	var keys []string
	for k := range m { // want `maporder: range over a map`
		if len(keys) < 3 {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return keys
}

func stopsEarly(m map[string]int) (n int) {
	for _, v := range m { // want `maporder: range over a map`
		if v < 0 {
			break
		}
		n++
	}
	return n
}

func twoAnswers(m map[string]int) error {
	for k, v := range m { // want `maporder: range over a map`
		if v < 0 {
			return errors.New("negative")
		}
		if k == "" {
			return nil
		}
	}
	return nil
}

func lastWins(m map[string]int, inverse map[int]string) {
	for k, v := range m { // want `maporder: range over a map`
		inverse[v] = k
	}
	last := ""
	for k := range m { // want `maporder: range over a map`
		last = k
	}
	_ = last
	var key string
	for key = range m { // want `maporder: range over a map`
	}
	_ = key
}

func joins(m map[string]int) (text string, b strings.Builder) {
	for k := range m { // want `maporder: range over a map`
		text += k
	}
	for k := range m { // want `maporder: range over a map`
		b.WriteString(k)
	}
	return text, b
}

func numbers(m map[string]int) map[string]int {
	n, ranks := 0, map[string]int{}
	for k := range m { // want `maporder: range over a map`
		n++
		ranks[k] = n
	}
	return ranks
}

func notCommutative(m map[string]int, x float64) (n int) {
	for _, v := range m { // want `maporder: range over a map`
		n += v
		n *= 2
	}
	for range m {
		x += 1 // want `floats: computing`
	}
	for k, v := range m { // want `maporder: range over a map`
		if v > 3 {
			m[k+"x"] = 0
		}
	}
	for k := range m { // want `maporder: range over a map`
		delete(m, k+"x")
	}
	return n
}

func generic[M ~map[K]V, K comparable, V any](m M, f func(K)) {
	for k := range m { // want `maporder: range over a map`
		f(k)
	}
}

func iterators(m map[string]int) []string {
	for k := range maps.Keys(m) { // want `maporder: maps.Keys: the order differs each time; wrap it directly in slices.Sorted`
		println(k)
	}
	keys := slices.Collect(maps.Keys(m)) // want `maporder: maps.Keys`
	slices.Sort(keys)
	_ = reflect.ValueOf(m).MapKeys() // want `maporder: reflect's MapKeys`
	return keys
}

func notMaps(list []int, n int, f func(int)) {
	for _, v := range list {
		f(v)
	}
	for i := range n {
		f(i)
	}
}
