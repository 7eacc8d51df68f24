package scenarios

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/invariants"
	"github.com/squallhq/squall/scenarios/collect"
	"github.com/squallhq/squall/sim"
	"github.com/squallhq/squall/sim/postgres"
	"github.com/squallhq/squall/system/event"
	"github.com/squallhq/squall/system/port"
)

// The phases of a run, in virtual time.
const (
	stormStart = 2 * time.Second   // by then the services have booted
	stormMax   = 45 * time.Second  // the storm ends some time after the clients, or here
	stormAfter = 30 * time.Second  // the last client has come, if that is later
	restMax    = 240 * time.Second // after the heal everything must be at rest within this
	restPoll   = 2 * time.Second
)

// Result is what one run showed.
type Result struct {
	Plan      *chaos.Plan // with the faults that fired
	Verdict   invariants.Verdict
	Findings  []invariants.Finding
	Err       error // the run itself is broken: this is no verdict about the services
	Hash      string
	Lines     []string // the trace as text, if it was kept
	Steps     int      // port calls
	Virtual   time.Duration
	Orders    int
	Completed int
	Marks     map[string]int
	Missed    []chaos.Fault // planned faults that did not happen
}

// First returns the first finding that failed, or nil.
func (r *Result) First() *invariants.Finding {
	for i := range r.Findings {
		if r.Findings[i].Verdict == invariants.Fail {
			return &r.Findings[i]
		}
	}
	return nil
}

// run is one world with its plan.
type run struct {
	*city
	plan     *chaos.Plan
	workload Workload
	planned  *sim.PlannedStorm // nil if the storm is drawn
	history  *invariants.History
	restarts []chaos.Restart
	stormed  bool // the storm has begun, with all its restarts
}

// RunSeed runs the world of a seed.
func (s Scenario) RunSeed(kit *Kit, seed uint64, keepTrace bool) *Result {
	workload := s.Workload(seed)
	text, err := json.Marshal(workload)
	if err != nil {
		return &Result{Err: fmt.Errorf("write workload: %w", err)}
	}
	swarm := drawSwarm(seed)
	plan := &chaos.Plan{
		Version: chaos.PlanVersion, Scenario: s.Name, Seed: chaos.Seed(seed), Workload: text, Swarm: swarm,
	}
	r := &run{plan: plan, workload: workload, restarts: restarts(seed)}
	return r.do(kit, swarm.storm(), keepTrace)
}

// RunPlan runs the world of a plan. The error says what is wrong with the plan.
func (s Scenario) RunPlan(kit *Kit, plan *chaos.Plan, keepTrace bool) (*Result, error) {
	r := &run{plan: &chaos.Plan{
		Version: plan.Version, Scenario: plan.Scenario, Seed: plan.Seed, Workload: plan.Workload, Swarm: plan.Swarm,
	}}
	var err error
	if r.workload, err = ReadWorkload(plan); err != nil {
		return nil, err
	}
	if err := CheckSwarm(plan.Swarm); err != nil {
		return nil, err
	}
	if _, left := chaos.Carry(plan.Faults, chaos.Simulator); len(left) > 0 {
		return nil, fmt.Errorf("plan: these faults happen on containers only, take them out: %v", left)
	}
	for _, fault := range plan.Faults {
		if restart, ok := fault.Fault.(chaos.Restart); ok {
			if !slices.Contains(serverNames(), restart.Server) {
				return nil, fmt.Errorf("plan: there is no server %q to restart; there are %q", restart.Server, serverNames())
			}
			r.restarts = append(r.restarts, restart)
		}
	}
	if err := r.workload.Check(); err != nil {
		return nil, err
	}
	r.planned = sim.NewPlannedStorm(plan.Faults)
	return r.do(kit, r.planned, keepTrace), nil
}

// CheckSwarm says what is wrong with a plan's swarm.
func CheckSwarm(swarm Swarm) error {
	for _, name := range slices.Sorted(maps.Keys(swarm)) {
		if !slices.Contains(swarmNames(), name) {
			return fmt.Errorf("plan: there is no swarm value %q; there are %v", name, swarmNames())
		}
	}
	for _, name := range []string{replicas, prefetch, workers, pool, requests} {
		n, set := swarm[name]
		if name == requests && !set {
			continue // as deployed: plans from before there was a limit have none
		}
		if n < 1 || n > 100 {
			return fmt.Errorf("plan: swarm value %q is %d, not from 1 to 100", name, n)
		}
	}
	return nil
}

func (r *run) do(kit *Kit, storm sim.Storm, keepTrace bool) *Result {
	w := sim.NewWorld(uint64(r.plan.Seed), sim.Options{KeepTrace: keepTrace, Pool: &kit.pool, Stuck: kit.Stuck, CheckTasks: kit.CheckTasks})
	r.city = build(w, kit, r.plan.Swarm)
	director := w.AddNode("director", "client")
	director.Boot = func(ctx context.Context) {
		if err := r.direct(ctx, director, storm); err != nil {
			w.Fail(err)
		}
		w.Stop()
	}
	director.Start()
	err := w.Run()
	return r.result(err)
}

// direct leads the world through its phases. The clients live on the director's node: a kill
// of it ends them all, and they start over, with the requests and keys that they had. The
// storm begins once.
func (r *run) direct(ctx context.Context, director *sim.Node, storm sim.Storm) error {
	runtime := director.Runtime()
	if err := r.open(ctx, runtime, r.workload.Articles); err != nil {
		return fmt.Errorf("open the shop: %w", err)
	}
	if r.Now() < stormStart {
		if err := runtime.Sleep(ctx, stormStart-r.Now()); err != nil {
			return err
		}
	}
	r.beginStorm(storm)
	if err := r.stormPhase(ctx, runtime); err != nil {
		return err
	}
	r.Heal()
	return r.restPhase(ctx, director, runtime)
}

func (r *run) beginStorm(storm sim.Storm) {
	if r.stormed {
		return
	}
	r.stormed = true
	r.SetStorm(storm)
	for _, restart := range r.restarts {
		r.ScheduleRestart(restart, r.servers[restart.Server])
	}
}

// stormPhase ends when the clients are done and the swarm's tail is over, so that what they
// have left behind meets the storm too; at the latest after stormMax. Clients that are not
// done go on in calm.
func (r *run) stormPhase(ctx context.Context, runtime port.Runtime) error {
	done := port.NewQueue[error](runtime, 1)
	runtime.Go(ctx, "customers", func(ctx context.Context) {
		_ = done.Put(ctx, r.shop(ctx, runtime, r.workload.Purchases))
	})
	limited, cancel := runtime.WithTimeout(ctx, max(stormMax, r.workload.Last()+stormAfter))
	defer cancel()
	if _, err := done.Take(limited); err == nil {
		_ = runtime.Sleep(limited, r.swarm.Tail())
		return ctx.Err()
	}
	r.Heal()
	_, err := done.Take(ctx)
	return err
}

// restPhase waits until nothing is under way, at most for restMax, and keeps the history.
func (r *run) restPhase(ctx context.Context, director *sim.Node, runtime port.Runtime) error {
	sources := collect.Sources{
		Databases: make(map[string]port.DB), Broker: r.broker.Open(director), Requests: r.requests,
	}
	for _, service := range event.Services() {
		sources.Databases[service] = r.databases[service].Open(director, postgres.PoolConfig{})
	}
	ctx = port.WithOp(ctx, port.Op{Name: "collect"})
	for end := r.Now() + restMax; ; {
		err := r.look(ctx, sources, r.Now() >= end)
		if err != nil && (!port.Outage(err) || r.Now() >= end) {
			return err
		}
		if r.history != nil && r.history.Converged || err == nil && r.Now() >= end {
			return nil
		}
		if err := runtime.Sleep(ctx, restPoll); err != nil {
			return err
		}
	}
}

// look collects the history if the system may be at rest, or at the last.
func (r *run) look(ctx context.Context, sources collect.Sources, last bool) error {
	still, err := collect.Still(ctx, sources)
	if err != nil || !still && !last {
		return err
	}
	history, err := collect.Collect(ctx, sources)
	if err != nil {
		return err
	}
	// What is outside is read last: it may only know more than the databases did.
	history.Charges, history.Mails = r.gateway.Core.Ledger(), r.mailer.Core.Mails()
	r.history = history
	return nil
}

func (r *run) result(err error) *Result {
	result := &Result{
		Plan: r.plan, Err: err, Hash: r.Trace().Hash(), Lines: r.Trace().Lines(),
		Steps: r.Steps(), Virtual: r.Now(), Marks: r.Marks(),
	}
	for _, fault := range r.Fired() {
		r.plan.Faults = append(r.plan.Faults, chaos.Sentence{Fault: fault})
		markKill(result.Marks, fault)
	}
	if r.planned != nil {
		result.Missed = r.missed()
	}
	if err != nil || r.history == nil {
		return result
	}
	result.Findings, result.Verdict = invariants.JudgeAll(r.history)
	result.Orders = len(r.history.Orders)
	for _, order := range r.history.Orders {
		if order.Completed {
			result.Completed++
		}
	}
	if first := result.First(); first != nil {
		r.plan.Found = &chaos.Found{Invariant: first.Invariant, Message: first.Violations[0], TraceHash: result.Hash}
	}
	return result
}

// missed returns the planned faults that did not happen: strikes whose crossing there was
// not, restarts of a server that was down, or after the storm.
func (r *run) missed() []chaos.Fault {
	var missed []chaos.Fault
	for _, strike := range r.planned.Missed() {
		missed = append(missed, strike)
	}
	fired := slices.Clone(r.Fired())
	for _, restart := range r.restarts {
		i := slices.Index(fired, chaos.Fault(restart))
		if i < 0 {
			missed = append(missed, restart)
			continue
		}
		fired = slices.Delete(fired, i, i+1) // for one that is planned twice
	}
	return missed
}

// markKill notes the crashes that strike in between two steps that belong together.
func markKill(marks map[string]int, fault chaos.Fault) {
	strike, ok := fault.(chaos.Strike)
	if !ok || !slices.Contains([]chaos.Kind{chaos.KindKill, chaos.KindLoseMachine}, fault.Kind()) {
		return
	}
	switch strike.Crossing().What {
	case "ack":
		marks["killed_between_commit_and_ack"]++
	case "publish":
		marks["killed_between_commit_and_publish"]++
	}
}
