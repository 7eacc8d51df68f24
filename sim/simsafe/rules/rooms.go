package rules

import "strings"

// module is the module whose layout the rooms describe.
const module = "github.com/squallhq/squall"

// rule is one rule, or a set of them.
type rule uint

const (
	clock rule = 1 << iota
	timers
	contexts
	randomness
	environment
	concurrency
	mapOrder
	floats
	state
	addresses
	sqlText         // no SQL at all
	sqlBesideStores // SQL in store*.go only
	pool
	amqp
)

var ruleNames = map[rule]string{
	clock: "clock", timers: "timers", contexts: "contexts", randomness: "randomness",
	environment: "environment", concurrency: "concurrency", mapOrder: "maporder",
	floats: "floats", state: "state", addresses: "addresses",
	sqlText: "sql", sqlBesideStores: "sql", pool: "pool", amqp: "amqp",
}

func (r rule) String() string { return ruleNames[r] }

// Sets of rules, by what they protect.
const (
	world   = clock | randomness | environment      // answers come from ports
	tasks   = timers | contexts | concurrency       // the scheduler is the only one
	order   = mapOrder | floats | state | addresses // same inputs, same result
	words   = sqlText | pool | amqp                 // technologies keep to their rooms
	service = strict&^sqlText | sqlBesideStores     // simulated, with SQL in its store
	strict  = world | tasks | order | words         // simulated
	kernel  = strict &^ (timers | concurrency)      // schedules the simulation
	adapter = words | world                         // deployed, told what it needs
	entry   = words                                 // reads the real world
	tests   = pool | amqp                           // _test.go, where nothing else is said
	foreign = strict &^ sqlText                     // marked //simsafe:strict
	none    = rule(0)                               // free
)

// room is a package's place: the rules for its code and for its tests.
type room struct {
	path        string // below the module; a last element of * stands for any one
	code, tests rule
}

// rooms is the law "words stay in their rooms", in the order of the layout.
var rooms = []room{
	{".", entry, tests},

	{"system", strict, tests},
	{"system/port", strict, tests},
	{"system/event", strict, tests},
	{"system/flow", strict &^ sqlText, tests},
	{"system/web", strict, tests},
	{"system/order", service, tests},
	{"system/payment", service, tests},
	{"system/inventory", service, tests},
	{"system/notification", service, tests},

	{"system/postgres", adapter &^ (sqlText | pool), none},
	{"system/rabbitmq", adapter &^ amqp, none},
	{"system/stripe", adapter, tests},
	{"system/smtp", adapter, tests},
	{"system/telemetry", adapter, tests},
	{"system/process", entry, tests}, // the real clock, entropy and tasks live here
	{"system/cmd/*", entry, tests},
	{"system/cmd/internal/deploy", entry, tests},

	{"sim", kernel, tests},
	{"sim/postgres", strict &^ sqlText, tests},
	{"sim/postgres/sql", strict &^ sqlText, tests},
	{"sim/postgres/value", strict &^ sqlText, tests},
	{"sim/postgres/store", strict &^ sqlText, tests},
	{"sim/rabbitmq", strict, tests},
	{"sim/conform", none, none}, // speaks to real servers with their own drivers
	{"sim/conform/servers", none, none},

	{"chaos", strict, tests},
	{"chaos/wire", entry, none}, // its tests speak to real servers with their own drivers
	{"chaos/live", entry, tests},

	{"scenarios", strict, strict &^ sqlText}, // its tests run in the simulator too
	{"scenarios/collect", strict &^ sqlText, tests},
	{"scenarios/outside", strict, tests},
	{"scenarios/e2e", strict, tests},       // its tests drive real servers and processes
	{"scenarios/mutants", adapter, tests},  // builds and runs programs
	{"scenarios/containers", entry, tests}, // the real clock and real tasks
	{"scenarios/reproduce", entry, tests},

	{"invariants", strict, tests},
	{"reports", adapter, tests},
}

// roomOf returns the room of the package with the import path, and whether it has
// a row. Without one it is free, or foreign if it says that it is strict.
func roomOf(path string, saysStrict bool) (room, bool) {
	below, ok := below(path)
	for _, r := range rooms {
		if ok && r.covers(below) {
			return r, true
		}
	}
	if saysStrict {
		return room{path, foreign, tests}, false
	}
	return room{path, none, none}, false
}

// below returns the path relative to the module, "." for the module's root.
func below(path string) (string, bool) {
	if path == module {
		return ".", true
	}
	return strings.CutPrefix(path, module+"/")
}

func (r room) covers(path string) bool {
	parent, anyChild := strings.CutSuffix(r.path, "/*")
	if !anyChild {
		return r.path == path
	}
	last, ok := strings.CutPrefix(path, parent+"/")
	return ok && last != "" && !strings.Contains(last, "/")
}
