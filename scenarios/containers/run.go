package containers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
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

// The bounds of a run's end.
const (
	restMax  = 4 * time.Minute // after load and faults the system must be at rest within this, if nothing else is said
	restPoll = 500 * time.Millisecond
	lookMax  = time.Minute // one reading of everything
	// strikeMax is how long what a plan lets strike is awaited after the customers: real servers are
	// slower than simulated ones.
	strikeMax = time.Minute
	// drawnTail is how long a drawn storm outlasts the customers, so that what they have left
	// behind meets it too.
	drawnTail = 10 * time.Second
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

	records []live.Record // of the faults of containers, in their order

	crashes sync.WaitGroup // under way
	mutex   sync.Mutex
	calm    bool          // nothing is ended at crossings any more
	crashed []live.Record // replicas ended at crossings
}

// Run runs, saves what it found, judges it and saves the outcome. The error says what
// prevented a verdict; everything is taken away also then, and when ctx ends early.
func Run(ctx context.Context, config Config) (_ *reports.Containers, err error) {
	r := &run{Config: config}
	if err := errors.Join(r.prepare(), reports.ClearRun(config.Dir)); err != nil {
		return nil, err
	}
	r.shop, err = open(ctx, r.Config, len(r.workload.Purchases))
	defer func() { err = errors.Join(err, r.close(filepath.Join(config.Dir, reports.LogsFolder))) }()
	if err != nil {
		return nil, fmt.Errorf("start the containers: %w", err)
	}
	history, err := r.happen(ctx)
	if err != nil {
		return nil, errors.Join(err, r.saveUnjudged(err))
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
		NotCarried: []string{}, NotSet: []string{}, NotHappened: []string{}, Struck: []string{}, Blows: []reports.Blow{}, LeftUndone: []string{},
		KindsOfBlows: make(map[string]int), Crossings: make(map[string]int), Drawn: r.Plan == nil,
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
		r.evidence.Seed, r.evidence.Replicas = chaos.Seed(r.Seed).String(), r.Replicas
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
	r.evidence.NotSet = notSet(r.Plan.Swarm, r.Replicas)
	r.planned, r.strikes = sim.NewPlannedStorm(strikes), len(strikes)
	r.storm = r.planned
	r.evidence.Seed, r.evidence.Replicas = chaos.Seed(r.Seed).String(), r.Replicas
	return nil
}

// CheckPlan says what is wrong with a plan, as far as that is known without containers.
func CheckPlan(plan *chaos.Plan) error {
	w, err := scenarios.ReadWorkload(plan)
	errs := []error{err, scenarios.CheckSwarm(plan.Swarm), w.Check()}
	for _, sentence := range plan.Faults {
		if f, on := sentence.Fault.(chaos.ContainerFault); on {
			errs = append(errs, checkFault(f, w.Last()))
		}
	}
	return errors.Join(errs...)
}

// happen lets everything happen and returns the history of it.
func (r *run) happen(ctx context.Context) (*invariants.History, error) {
	if err := r.stock(ctx, r.workload.Articles); err != nil {
		return nil, err
	}
	begun := time.Now()
	r.load = &load{runtime: r.runtime, doors: r.doors, begun: begun, answered: make(map[string]bool)}
	storming, calm := context.WithCancel(ctx)
	defer calm()
	levels := r.watchLevels(ctx, begun)
	defer levels.stop()
	r.book.SetCrasher(func(strike chaos.Strike, client net.Addr) error { return r.crashAt(storming, strike, client) })
	r.book.SetStorm(r.storm)
	var blowing sync.WaitGroup
	blowing.Go(func() { r.records = r.environment.Run(storming, begun, r.faults) })
	r.progress("the load begins")
	r.load.offer(ctx, r.workload)
	r.evidence.Done = time.Since(begun)
	r.progress("all customers are done; the last faults are lifted")
	r.outlast(ctx)
	blowing.Wait()
	r.book.SetStorm(nil)
	r.endCrashes()
	r.inspect(ctx)
	history, err := r.rest(ctx)
	r.evidence.Outboxes, r.evidence.Queues = levels.stop()
	if ctx.Err() != nil {
		return nil, fmt.Errorf("given up: %w", context.Cause(ctx))
	}
	return history, err
}

// outlast lets the storm outlast the customers: a drawn one for some time, a planned one as long as
// the plan says, and until all that was planned has struck, for that at most strikeMax.
func (r *run) outlast(ctx context.Context) {
	now := time.Now()
	calm, end := now.Add(drawnTail), now
	if r.planned != nil {
		calm, end = now.Add(scenarios.Swarm(r.Plan.Swarm).Tail()), now.Add(strikeMax)
	}
	for ctx.Err() == nil && (now.Before(calm) || r.proven() < r.strikes && now.Before(end)) {
		time.Sleep(restPoll)
		now = time.Now()
	}
}

// inspect notes the containers that are not as they should be although every fault is over, and the
// images that all of them are made from.
func (r *run) inspect(ctx context.Context) {
	amiss, err := r.environment.Amiss(ctx)
	r.evidence.LeftUndone = append(r.evidence.LeftUndone, amiss...)
	if err == nil {
		r.evidence.Images, err = r.environment.Images(ctx)
	}
	if err != nil {
		r.evidence.LeftUndone = append(r.evidence.LeftUndone, "look at the containers: "+err.Error())
	}
}

// proven counts the strikes of which is known whether they bit.
func (r *run) proven() int {
	n := 0
	for _, fired := range r.book.Fired() {
		if fired.Proof.Text != "" {
			n++
		}
	}
	return n
}

// endCrashes lets no further replica be ended at a crossing, and waits for those that are.
func (r *run) endCrashes() {
	r.book.SetCrasher(nil)
	r.mutex.Lock()
	r.calm = true
	r.mutex.Unlock()
	r.crashes.Wait()
}

// beginCrash says whether a replica may be ended still; if so endCrashes waits for crashes.Done.
func (r *run) beginCrash() bool {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if !r.calm {
		r.crashes.Add(1)
	}
	return !r.calm
}

// crashAt ends the replica at the other end of a connection, for strikes that kill at a crossing,
// and returns when it is gone. It is started again after the strike's time. Its record is kept
// apart: in a plan the strike stands for it.
func (r *run) crashAt(ctx context.Context, strike chaos.Strike, client net.Addr) error {
	if !r.beginCrash() {
		return errors.New("the storm is over")
	}
	replica, err := r.replicaAt(ctx, client)
	if err != nil {
		r.crashes.Done()
		return err
	}
	bitten := make(chan error, 1)
	go func() {
		defer r.crashes.Done()
		fault := chaos.KillContainer{Target: replica, At: time.Since(r.load.begun), Down: chaos.DurationOf(strike)}
		record := r.environment.DoTelling(ctx, fault, func(err error) { bitten <- err })
		r.mutex.Lock()
		defer r.mutex.Unlock()
		r.crashed = append(r.crashed, record)
	}()
	return <-bitten
}

// rest waits until nothing is under way, at most for Rest, and returns the history.
func (r *run) rest(ctx context.Context) (*invariants.History, error) {
	if err := r.reopen(ctx); err != nil {
		return nil, err
	}
	began := time.Now()
	for {
		history, err := r.look(ctx, began)
		left := r.Config.rest() - time.Since(began)
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
func (r *run) look(ctx context.Context, began time.Time) (*invariants.History, error) {
	ctx, cancel := context.WithTimeout(ctx, lookMax)
	defer cancel()
	sources := collect.Sources{Databases: r.pools.ports(), Broker: r.broker}
	still, err := collect.Still(ctx, sources)
	r.evidence.Drain = time.Since(began)
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
	history.Requests, _ = r.load.seen()
	history.Charges, history.Mails = r.gateway.Ledger(), r.mails.Mails()
	return history, nil
}

// save writes down what the run leaves behind, and the plan by which it happens again: the one that
// it had, or what has happened of what was drawn.
func (r *run) save(history *invariants.History) error {
	plan := r.plan()
	r.testify(plan)
	if r.Plan != nil {
		plan = r.Plan // all of it, also what did not happen: or the next run would not miss that
	}
	if err := reports.SaveRun(r.Dir, r.evidence, history); err != nil {
		return err
	}
	return r.keep(plan)
}

// saveUnjudged writes down what there is of a run that came to no judgement.
func (r *run) saveUnjudged(cause error) error {
	if r.load == nil {
		return nil
	}
	r.evidence.LeftUndone = append(r.evidence.LeftUndone, "the run came to no judgement: "+cause.Error())
	requests, _ := r.load.seen()
	return r.save(&invariants.History{Requests: requests})
}

// testify completes the evidence, and the plan by what has happened.
func (r *run) testify(plan *chaos.Plan) {
	e := r.evidence
	e.Load = max(r.workload.Last(), time.Second)
	e.Rate = r.load.offered()
	e.Purchases, e.GaveUp = len(r.workload.Purchases), r.load.gaveUp(r.workload)
	_, e.Attempts = r.load.seen()
	for _, record := range r.records {
		e.Blows = append(e.Blows, r.blowOf(record))
		if record.Happened() {
			e.KindsOfBlows[record.Fault.Kind().String()]++
			plan.Faults = append(plan.Faults, record.Fault)
		}
	}
	r.mutex.Lock()
	for _, record := range r.crashed {
		e.Blows = append(e.Blows, r.blowOf(record))
	}
	r.mutex.Unlock()
	for _, fired := range r.book.Fired() {
		told := fmt.Sprintf("%v: %s", fired.Fault, fired.Proof.Text)
		if !fired.Proof.Bit {
			e.NotHappened = append(e.NotHappened, told)
			continue
		}
		e.Struck = append(e.Struck, told)
		plan.Faults = append(plan.Faults, chaos.Sentence{Fault: fired.Fault})
	}
	for _, seen := range r.book.Seen() {
		e.Crossings[seen.Where+": "+seen.What] = seen.Keyed + seen.Unkeyed
		e.Keyed += seen.Keyed
	}
	if r.planned != nil {
		for _, strike := range r.planned.Missed() {
			e.NotHappened = append(e.NotHappened, strike.String())
		}
	}
	e.LeftUndone = append(e.LeftUndone, r.garbage()...)
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
	return plan
}

func (r *run) keep(plan *chaos.Plan) error {
	text, err := plan.Encode()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(r.Dir, reports.PlanFile), text, 0o644); err != nil {
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
		Fault: record.Fault.String(), From: since(record.Injected), Lifting: since(record.Recovering), Until: since(record.Recovered),
		Proof: record.Proof, Recovery: record.Recovery, Error: record.Error,
	}
}
