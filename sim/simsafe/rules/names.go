package rules

import (
	"go/ast"
	"go/types"
	"strconv"
	"strings"

	"golang.org/x/tools/go/ast/inspector"
)

// ban is a name that a rule forbids, with the remedy.
type ban struct {
	rule   rule
	remedy string
}

// The remedies name calls of system/port.
const (
	useWall    = "it reads the machine's clock; record instants with port.Clock.Wall, measure with Elapsed"
	useUTC     = "it is the machine's time zone; use time.UTC"
	useSleep   = "it waits on the machine's clock; use port.Clock.Sleep, in a task of its own if others must go on"
	useTimeout = "its timer and cancellation escape the scheduler; use port.Clock.WithTimeout (port.Forever for none)"
	useTask    = "its goroutine escapes the scheduler; start a task with port.Tasks.Go that waits for the context"
	useRandom  = "it cannot be replayed; draw with port.Entropy.Random"
	useConfig  = "it asks the machine; take the value as a parameter from cmd/"
	useLock    = "it blocks or races unseen by the scheduler; use port.Lock, port.Queue or port.Group"
	useCalls   = "the kernel cannot stop a coroutine inside a task; call the function"
	useReturn  = "the kernel alone moves coroutines; return, or wait in a port call"
	useIDs     = "addresses differ from run to run; compare or print an id"
	usePort    = "its connections bypass the port; use port.DB, made by system/postgres"
	useBroker  = "its connections bypass the port; use port.Broker, made by system/rabbitmq"
)

// bannedNames are package-level names by package path.
var bannedNames = map[string]map[string]ban{
	"time": bans(
		ban{clock, useWall}, "Now Since Until",
		ban{clock, useUTC}, "Local",
		ban{timers, useSleep}, "Sleep After Tick NewTimer NewTicker AfterFunc"),
	"context": bans(
		ban{contexts, useTimeout}, "WithTimeout WithTimeoutCause WithDeadline WithDeadlineCause WithCancel WithCancelCause",
		ban{contexts, useTask}, "AfterFunc"),
	"os": bans(
		ban{environment, useConfig}, "Getenv Environ LookupEnv ExpandEnv Setenv Unsetenv Clearenv Args Getpid Getppid Hostname"),
	"runtime": bans(
		ban{environment, useConfig}, "NumGoroutine GOMAXPROCS NumCPU NumCgoCall GC ReadMemStats SetFinalizer AddCleanup",
		ban{concurrency, useReturn}, "Goexit Gosched LockOSThread UnlockOSThread"),
	"iter": bans(ban{concurrency, useCalls}, "Pull Pull2"),
}

// bannedPackages are packages none of whose names may be used.
var bannedPackages = map[string]ban{
	"crypto/rand":  {randomness, useRandom},
	"hash/maphash": {randomness, "its seed differs in every process; hash with chaos.HashString"},
	"sync":         {concurrency, useLock},
	"sync/atomic":  {concurrency, useLock},
	"unsafe":       {addresses, useIDs},
	"weak":         {addresses, "it shows when the garbage collector ran; keep a map and delete from it"},
}

// bannedModules are packages, with all below them, that only some rooms import.
var bannedModules = map[string]ban{
	"golang.org/x/sync":               {concurrency, useLock},
	"github.com/jackc/pgx/v5/pgxpool": {pool, usePort},
	"github.com/rabbitmq/amqp091-go":  {amqp, useBroker},
}

// seededSources are the names of math/rand and math/rand/v2 that draw nothing by
// themselves.
var seededSources = setOf("New NewSource NewPCG NewChaCha8 NewZipf Rand Source Source64 PCG ChaCha8 Zipf")

// bans builds a table from pairs of a ban and the names it holds for.
func bans(pairs ...any) map[string]ban {
	table := map[string]ban{}
	for i := 0; i < len(pairs); i += 2 {
		for name := range strings.FieldsSeq(pairs[i+1].(string)) {
			table[name] = pairs[i].(ban)
		}
	}
	return table
}

func setOf(text string) map[string]bool {
	set := map[string]bool{}
	for word := range strings.FieldsSeq(text) {
		set[word] = true
	}
	return set
}

// name judges one use of a name, however the name was imported and whether it is
// called or passed on.
func (c *checker) name(cur inspector.Cursor, id *ast.Ident) {
	obj := c.TypesInfo.Uses[id]
	if obj == nil || obj.Pkg() == nil {
		return
	}
	if method, ok := obj.(*types.Func); ok && method.Signature().Recv() != nil {
		c.method(id, method)
		return
	}
	if obj.Parent() != obj.Pkg().Scope() && obj.Pkg() != types.Unsafe {
		return
	}
	if _, constant := obj.(*types.Const); constant {
		return
	}
	b, ok := banOf(obj.Pkg().Path(), obj.Name())
	if !ok || b.rule == clock && c.setsDeadline(cur) {
		return
	}
	c.find(b.rule, id.Pos(), "%s.%s: %s", obj.Pkg().Name(), obj.Name(), b.remedy)
}

// setsDeadline says whether the name stands in the argument of SetReadDeadline or its
// kin, where real timers are free: package net knows no other way to set one.
func (c *checker) setsDeadline(cur inspector.Cursor) bool {
	if c.fileOf(cur.Node().Pos()).rules&timers != 0 {
		return false
	}
	for at := range cur.Enclosing((*ast.CallExpr)(nil)) {
		switch calleeName(at.Node().(*ast.CallExpr)) {
		case "SetDeadline", "SetReadDeadline", "SetWriteDeadline":
			return true
		}
	}
	return false
}

func banOf(path, name string) (ban, bool) {
	switch {
	case path == "math/rand" || path == "math/rand/v2":
		return ban{randomness, useRandom}, !seededSources[name]
	case path == "math":
		return ban{floats, useIntegers}, !exactMath[name]
	case path == "sync" && strings.HasPrefix(name, "OnceValue"):
		return ban{}, false // rule state looks at these
	}
	if b, ok := bannedPackages[path]; ok {
		return b, true
	}
	b, ok := bannedNames[path][name]
	return b, ok
}

// method judges the few methods that leak what their package's functions leak.
func (c *checker) method(id *ast.Ident, method *types.Func) {
	switch method.FullName() {
	case "(reflect.Value).MapKeys", "(reflect.Value).MapRange":
		c.find(mapOrder, id.Pos(), "reflect's %s: %s", method.Name(), useSortedKeys)
	case "(reflect.Value).Pointer", "(reflect.Value).UnsafePointer", "(reflect.Value).UnsafeAddr":
		c.find(addresses, id.Pos(), "reflect's %s: %s", method.Name(), useIDs)
	case "(time.Time).Local":
		c.find(clock, id.Pos(), "time.Time.Local: %s", useUTC)
	}
}

// importedWord judges the import of a package that has a room.
func (c *checker) importedWord(spec *ast.ImportSpec) {
	path, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return
	}
	for root, b := range bannedModules {
		if path == root || strings.HasPrefix(path, root+"/") {
			c.find(b.rule, spec.Pos(), "%s: %s", path, b.remedy)
		}
	}
}
