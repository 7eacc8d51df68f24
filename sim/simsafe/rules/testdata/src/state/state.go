// Package state remembers.
//
//simsafe:strict
package state

import (
	"embed"
	"errors"
	"fmt"
	"regexp"
	"sync"

	"other"
)

type codeError struct{ code string }

func (e *codeError) Error() string { return e.code }

type speaker interface{ speak() }
type dog struct{ name string }

func (dog) speak() {}

type counter struct{ n int }

func (c *counter) add()    { c.n++ }
func (c counter) get() int { return c.n }

func (*counter) speak() {}

// What may stand.
var (
	ErrGone          = errors.New("gone")
	ErrFar           = fmt.Errorf("far: %w", ErrGone)
	ErrTyped         = &codeError{"typed"}
	ErrFace  error   = &codeError{"face"}
	_        speaker = dog{}
	digits           = regexp.MustCompile(`\d+`)
	registry         = sync.OnceValue(func() map[string]int { return map[string]int{"a": 1} })
	names            = [...]string{"a", "b"}
	byName           = map[string]int{"a": 1}
	built            = build()
	parsers          = map[string]func(string) int{"len": length}
	parse            = length
	inline           = func() int { return 1 }
	still    counter
	barks    speaker = dog{"rex"}
)

//go:embed state.go
var Files embed.FS

// What may not.
var (
	count    int                                        // want `state: package variable count changes: it outlives a world and is shared by all`
	cache    = map[string]int{}                         // want `state: package variable cache changes`
	emptied  = map[string]int{}                         // want `state: package variable emptied changes`
	list     []int                                      // want `state: package variable list changes`
	fields   counter                                    // want `state: package variable fields changes`
	taken    = 3                                        // want `state: package variable taken changes`
	method   counter                                    // want `state: package variable method changes`
	sorted   = []string{"b", "a"}                       // want `state: package variable sorted changes`
	looped   int                                        // want `state: package variable looped changes`
	ErrLater                      = errors.New("later") // want `state: package variable ErrLater changes`
	Limit                         = 3                   // want `state: package variable Limit can be changed from outside: unexport it, or make it a function or constant`
	Table                         = map[string]int{}    // want `state: package variable Table can be changed from outside`
	pointer                       = &counter{}          // want `state: package variable pointer holds a \*counter`
	hidden   speaker              = &counter{}          // want `state: package variable hidden holds a speaker`
	captured                      = closure()           // want `state: package variable captured holds a func\(\) int`
	bound                         = still.get           // want `state: package variable bound holds a func\(\) int`
)

func init() { ErrLater = nil }

func bad() {
	count++
	cache["a"] = 1
	delete(emptied, "a")
	list = append(list, 1)
	fields.n = 1
	_ = &taken
	method.add()
	sortStrings()
	for looped = range 3 {
	}
	other.Default = 1  // want `state: other.Default belongs to another package: do not write it`
	_ = &other.Default // want `state: other.Default belongs to another package`
}

func good() int {
	names := []string{}
	names = append(names, "c")
	count := 0
	count++
	_ = digits.FindString("1")
	_ = ErrTyped.Error()
	_ = append(byLength("a"), names...)
	return still.get() + other.Default + registry()["a"] + built["a"] + parse("") + inline() + byName["a"] + len(parsers)
}

func byLength(s ...string) []string { return s }
func build() map[string]int         { return map[string]int{} }
func length(s string) int           { return len(s) }
func closure() func() int           { n := 0; return func() int { n++; return n } }
