package containers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/chaos/live"
	"github.com/squallhq/squall/chaos/wire"
	"github.com/squallhq/squall/invariants"
	"github.com/squallhq/squall/reports"
	"github.com/squallhq/squall/scenarios"
	"github.com/squallhq/squall/scenarios/collect"
	"github.com/squallhq/squall/sim"
	"github.com/squallhq/squall/system/event"
)

// Config says what a run is to be.
type Config struct {
	Seed     uint64
	Plan     *chaos.Plan   // what happens; nil to draw it from Seed
	Duration time.Duration // of load and storm, without a plan
	Every    time.Duration // between faults of containers, without a plan
	Rate     float64       // orders offered a second, without a plan
	Replicas int           // of each service; with a plan the plan's
	Tag      string        // of the services' images, squall-NAME:TAG
	Rest     time.Duration // how long the system may take to come to rest; four minutes if 0
	Dir      string        // where everything is kept
	Commit   string
	Go       string
	Progress func(text string) // is told what goes on; nil for nobody
}

func (c Config) progress(text string) {
	if c.Progress != nil {
		c.Progress(text)
	}
}

func (c Config) image(service string) string { return "squall-" + service + ":" + c.Tag }

// restMax is how long after load and faults the system may take to come to rest if nothing
// else is said, and restPoll how often it is looked at. Real servers are slower than simulated
// ones, so what a plan lets strike is awaited for strikeMax after the load.
const (
	restMax   = 4 * time.Minute
	restPoll  = 500 * time.Millisecond
	strikeMax = time.Minute
	lookMax   = time.Minute // more, in which the last look may be tried again
)

func (c Config) rest() time.Duration {
	if c.Rest > 0 {
		return c.Rest
	}
	return restMax
}

// run is a run under way.
type run struct {
	Config
	*shop
	workload scenarios.Workload
	faults   []chaos.ContainerFault
	storm    wire.Storm
	planned  *sim.PlannedStorm // nil if the storm is drawn
	strikes  int               // how many it lets happen
	load     *load
	evidence *reports.Evidence

	mutex   sync.Mutex
	records []live.Record
	crashes sync.WaitGroup
}

// Run runs, saves what it found, judges it and saves the outcome. The error says what
// prevented a verdict; everything is taken away also then, and when ctx ends early.
func Run(ctx context.Context, config Config) (_ *reports.Containers, err error) {
	r := &run{Config: config}
	if err := r.prepare(); err != nil {
		return nil, err
	}
	r.shop, err = open(ctx, r.Config)
	defer func() { err = errors.Join(err, r.close(filepath.Join(config.Dir, "logs"))) }()
	if err != nil {
		return nil, fmt.Errorf("start the containers: %w", err)
	}
	history, err := r.happen(ctx)
	if err != nil {
		return nil, err
	}
	if err := r.save(history); err != nil {
		return nil, err
	}
	outcome := reports.JudgeContainers(r.evidence, history)
	return outcome, reports.SaveOutcome(config.Dir, outcome)
}

// prepare takes from the plan, or draws from the seed, what will happen.
func (r *run) prepare() error {
	r.evidence = &reports.Evidence{
		Scenario: "checkout", Commit: r.Commit, Go: r.Go, Images: make(map[string]string),
		NotCarried: []string{}, NotHappened: []string{}, Struck: []string{}, Blows: []reports.Blow{}, LeftUndone: []string{},
	}
	if r.Plan == nil {
		r.workload = workload(r.Seed, r.Rate, r.Duration)
		r.faults = schedule(r.Seed, r.Replicas, r.Duration, r.Every)
		storm := new(sim.DrawnStorm)
		for _, rate := range wireRates {
			storm.Of[rate.kind] = rate.ppm
		}
		storm.DelayMax = 2 * time.Second
		r.storm = storm
		return nil
	}
	r.Seed, r.evidence.Scenario = uint64(r.Plan.Seed), r.Plan.Scenario
	var err error
	if r.workload, err = scenarios.ReadWorkload(r.Plan); err != nil {
		return err
	}
	if err := r.workload.Check(); err != nil {
		return err
	}
	if n := r.Plan.Swarm["replicas"]; n > 0 {
		r.Replicas = int(n)
	}
	var strikes []chaos.Sentence
	strikes, r.faults, r.evidence.NotCarried = carried(r.Plan, wire.Carries)
	r.planned, r.strikes = sim.NewPlannedStorm(strikes), len(strikes)
	r.storm = r.planned
	return nil
}

// happen lets everything happen and returns the history of it.
func (r *run) happen(ctx context.Context) (*invariants.History, error) {
	if err := r.stock(ctx, r.workload.Articles); err != nil {
		return nil, err
	}
	begun := time.Now()
	r.load = &load{runtime: r.runtime, doors: r.doors, begun: begun}
	storming, calm := context.WithCancel(ctx)
	defer calm()
	r.book.SetCrasher(r.crash(storming, r.note))
	r.book.SetStorm(r.storm)
	blown := make(chan struct{})
	go func() { defer close(blown); r.blow(storming, begun) }()
	r.progress("the load begins")
	r.load.offer(ctx, r.workload)
	r.evidence.Load = time.Since(begun)
	r.progress("the load has ended; the last faults are lifted")
	r.outlast(ctx)
	<-blown
	r.book.SetStorm(nil)
	r.crashes.Wait()
	if ctx.Err() != nil {
		return nil, fmt.Errorf("given up: %w", context.Cause(ctx))
	}
	return r.rest(ctx)
}

// outlast lets a plan's storm outlast the load as long as the plan says, and until all that
// was planned has struck, for that at most strikeMax.
func (r *run) outlast(ctx context.Context) {
	if r.planned == nil {
		return
	}
	now := time.Now()
	tail, end := now.Add(scenarios.Swarm(r.Plan.Swarm).Tail()), now.Add(strikeMax)
	for ctx.Err() == nil && (now.Before(tail) || len(r.book.Fired()) < r.strikes && now.Before(end)) {
		time.Sleep(restPoll)
		now = time.Now()
	}
}

// blow brings the faults of containers about, each at its time, whether or not those before have
// ended: faults of one target take turns.
func (r *run) blow(ctx context.Context, begun time.Time) {
	var under sync.WaitGroup
	defer under.Wait()
	for _, fault := range r.faults {
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Until(begun.Add(fault.Starts()))):
		}
		under.Go(func() { r.note(r.environment.Do(ctx, fault)) })
	}
}

func (r *run) note(record live.Record) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.records = append(r.records, record)
}

// rest waits until nothing is under way, at most for Rest, and returns the history.
func (r *run) rest(ctx context.Context) (*invariants.History, error) {
	if err := r.reopen(ctx); err != nil {
		return nil, err
	}
	began := time.Now()
	for {
		history, err := r.look(ctx)
		r.evidence.Drain = time.Since(began)
		left := r.Config.rest() - r.evidence.Drain
		switch late := left < 0; {
		case ctx.Err() != nil:
			return nil, fmt.Errorf("given up: %w", context.Cause(ctx))
		case err == nil && history != nil && (history.Converged || late):
			return history, nil
		case err != nil && left < -lookMax:
			return nil, fmt.Errorf("collect the history: %w", err)
		}
		time.Sleep(restPoll)
	}
}

// look collects the history if the system may be at rest, or at the last. The world outside is read
// last: it may only know more than the databases did.
func (r *run) look(ctx context.Context) (*invariants.History, error) {
	sources := collect.Sources{Databases: r.databases(), Broker: r.broker}
	still, err := collect.Still(ctx, sources)
	if err != nil || !still && r.evidence.Drain < r.Config.rest() {
		return nil, err
	}
	history, err := collect.Collect(ctx, sources)
	if err != nil {
		return nil, err
	}
	r.evidence.SagaSeconds, err = collect.SagaSeconds(ctx, sources.Databases[event.Order])
	if err != nil {
		return nil, err
	}
	history.Requests, r.evidence.Attempts = r.load.seen()
	history.Charges, history.Mails = r.gateway.Ledger(), r.mails.Mails()
	return history, nil
}

// save writes down what the run leaves behind, and the plan by which it happens again.
func (r *run) save(history *invariants.History) error {
	e := r.evidence
	e.Seed, e.Replicas = chaos.Seed(r.Seed).String(), r.Replicas
	e.Rate = float64(len(r.workload.Purchases)) / max(e.Load.Seconds(), 1)
	for _, service := range event.Services() {
		e.Images[service] = r.image(service)
	}
	e.KindsOfBlows, e.Crossings = make(map[string]int), make(map[string]int)
	plan := r.plan()
	for _, record := range r.records {
		e.Blows = append(e.Blows, r.blowOf(record))
		if record.Happened() {
			e.KindsOfBlows[record.Fault.Kind().String()]++
			plan.Faults = append(plan.Faults, record.Fault)
		}
	}
	for _, fired := range r.book.Fired() {
		e.Struck = append(e.Struck, fmt.Sprintf("%v: %s", fired.Fault, fired.Proof.Text))
		plan.Faults = append(plan.Faults, chaos.Sentence{Fault: fired.Fault})
	}
	for _, seen := range r.book.Seen() {
		e.Crossings[seen.Where+": "+seen.What] = seen.Keyed + seen.Unkeyed
	}
	if r.planned != nil {
		for _, strike := range r.planned.Missed() {
			e.NotHappened = append(e.NotHappened, strike.String())
		}
	}
	e.LeftUndone = append(e.LeftUndone, r.proxyErrors()...)
	if err := reports.SaveRun(r.Dir, e, history); err != nil {
		return err
	}
	return r.keep(plan)
}

// plan returns the plan of this run, without its faults.
func (r *run) plan() *chaos.Plan {
	text, err := json.Marshal(r.workload)
	if err != nil {
		panic("containers: a workload that is no JSON: " + err.Error())
	}
	plan := &chaos.Plan{
		Version: chaos.PlanVersion, Scenario: r.evidence.Scenario, Seed: chaos.Seed(r.Seed), Commit: r.Commit, Go: r.Go,
		Workload: text, Swarm: scenarios.PlainSwarm(r.Replicas),
	}
	if r.Plan != nil {
		plan.Swarm = r.Plan.Swarm
	}
	return plan
}

func (r *run) keep(plan *chaos.Plan) error {
	text, err := plan.Encode()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(r.Dir, "plan.json"), text, 0o644); err != nil {
		return fmt.Errorf("keep plan: %w", err)
	}
	return nil
}

func (r *run) blowOf(record live.Record) reports.Blow {
	since := func(t time.Time) time.Duration {
		if t.IsZero() {
			return 0
		}
		return t.Sub(r.load.begun)
	}
	return reports.Blow{
		Fault: record.Fault.String(), From: since(record.Injected), Until: since(record.Recovered),
		Proof: record.Proof, Recovery: record.Recovery, Error: record.Error,
	}
}
