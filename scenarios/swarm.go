package scenarios

import (
	"time"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/sim"
	"github.com/squallhq/squall/system/event"
	"github.com/squallhq/squall/system/flow"
)

// Swarm is what a seed chooses about its world: each seed has its own mix, because faults
// that are always on hide each other (Groce et al., Swarm Testing, ISSTA 2012). It is part of
// a plan; the rates are there to be read, a plan's faults are listed.
type Swarm map[string]int64

// The names of swarm values besides the rates, which are "rate_" and the kind, in parts per
// million of crossings.
const (
	replicas = "replicas"
	prefetch = "prefetch"
	workers  = "workers"
	pool     = "pool"
	requests = "requests" // in progress at once per replica; plans from before it have none
	delayMax = "delay_max_ms"
	downMax  = "down_max_ms"
	tail     = "tail_ms" // how long the storm outlasts the clients
)

// rateMax are the highest rates of each kind, in parts per million of crossings.
var rateMax = []struct {
	kind chaos.Kind
	ppm  uint64
}{
	{chaos.KindFailBefore, 6000},
	{chaos.KindFailAfter, 6000},
	{chaos.KindLoseReply, 3000},
	{chaos.KindDelay, 8000},
	{chaos.KindDuplicate, 40_000},
	{chaos.KindReorder, 40_000},
	{chaos.KindDisconnect, 6000},
	{chaos.KindKill, 1500},
	{chaos.KindLoseMachine, 600},
}

// draw returns a number below n for a named choice of the seed.
func draw(seed uint64, name string, n uint64) int64 {
	return int64(chaos.Below(chaos.Draw(seed, chaos.PurposeOf("swarm "+name), 0), n))
}

// drawSwarm draws a swarm. Three kinds in four are on.
func drawSwarm(seed uint64) Swarm {
	s := Swarm{
		replicas: 2,
		prefetch: []int64{1, 4, 8, 16}[draw(seed, prefetch, 4)],
		workers:  1 + draw(seed, workers, 4),
		pool:     3 + draw(seed, pool, 6),
		requests: 1 + draw(seed, requests, 20),
		delayMax: 500 + draw(seed, delayMax, 12_000),
		downMax:  500 + draw(seed, downMax, 8_000),
		tail:     draw(seed, tail, 8_000),
	}
	for _, r := range rateMax {
		if draw(seed, r.kind.String()+" on", 4) > 0 {
			s["rate_"+r.kind.String()] = 1 + draw(seed, r.kind.String(), r.ppm)
		}
	}
	return s
}

// PlainSwarm returns the swarm of a world with so many replicas of each service, sized as they
// are deployed, without rates: for plans of runs on containers.
func PlainSwarm(n int) Swarm {
	settings := flow.DefaultSettings()
	return Swarm{
		replicas: int64(n), prefetch: int64(settings.Prefetch), workers: int64(settings.Workers), pool: 10,
		requests: int64(settings.Requests),
	}
}

// swarmNames are the names that a swarm may have.
func swarmNames() []string {
	names := []string{replicas, prefetch, workers, pool, requests, delayMax, downMax, tail}
	for _, r := range rateMax {
		names = append(names, "rate_"+r.kind.String())
	}
	return names
}

// storm returns the storm that the swarm's rates describe.
func (s Swarm) storm() *sim.DrawnStorm {
	storm := &sim.DrawnStorm{Rates: sim.Rates{
		DelayMax: time.Duration(s[delayMax]) * time.Millisecond,
		DownMax:  time.Duration(s[downMax]) * time.Millisecond,
	}}
	for _, r := range rateMax {
		storm.Of[r.kind] = chaos.PPM(s["rate_"+r.kind.String()])
	}
	return storm
}

// Tail is how long the storm outlasts the clients.
func (s Swarm) Tail() time.Duration { return time.Duration(s[tail]) * time.Millisecond }

// The names of the servers that restart, as faults and nodes call them.
const brokerName = "broker"

func databaseName(service string) string { return "database " + service }

// serverNames returns the names of all servers that restart, in a fixed order.
func serverNames() []string {
	names := []string{brokerName}
	for _, service := range event.Services() {
		names = append(names, databaseName(service))
	}
	return names
}

// restarts draws which servers restart, when, and for how long.
func restarts(seed uint64) []chaos.Restart {
	var drawn []chaos.Restart
	for _, server := range serverNames() {
		if draw(seed, "restart "+server, 4) > 0 {
			continue
		}
		drawn = append(drawn, chaos.Restart{
			Server: server,
			At:     stormStart + time.Duration(draw(seed, "restart at "+server, 20_000))*time.Millisecond,
			Down:   time.Duration(100+draw(seed, "restart down "+server, 4_000)) * time.Millisecond,
		})
	}
	return drawn
}
