package live

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/squallhq/squall/chaos"
)

// The bounds of a fault's life, its own time apart.
const (
	setUpMax   = readyMax         // for a target to be ready, as after a fault of a server that it needs
	biteMax    = 30 * time.Second // from the injection to the proof that it bit
	recoverMax = 3 * time.Minute  // from the end of the fault to the proof of recovery
)

// Injury is a fault at work on a target. Proofs are asked for repeatedly until they succeed or
// their time is over.
type Injury interface {
	// SetUp looks at the target and notes what the proofs compare with. It changes nothing.
	SetUp(ctx context.Context) error
	Inject(ctx context.Context) error
	ProveBite(ctx context.Context) (string, error)
	Recover(ctx context.Context) error
	ProveRecovery(ctx context.Context) (string, error)
	// Claim takes the target from other faults until the function returned is called.
	Claim() (release func())
}

// Do leads a fault through its life and returns when its target has recovered, or could not.
// The fault's start is the caller's to wait for. When ctx ends the fault is cut short, and
// recovered from all the same.
func (e *Environment) Do(ctx context.Context, fault chaos.ContainerFault) Record {
	return e.DoTelling(ctx, fault, func(error) {})
}

// DoTelling is Do for callers who must know when the fault bites: bitten is called once, when
// that is proven, or with an error if the fault does not bite.
func (e *Environment) DoTelling(ctx context.Context, fault chaos.ContainerFault, bitten func(error)) Record {
	injury, err := e.injuryOf(fault)
	if err != nil {
		bitten(err)
		return Record{Fault: chaos.Sentence{Fault: fault}, Error: err.Error()}
	}
	e.config.Progress(fault.String())
	return lead(ctx, injury, fault, bitten)
}

// lead leads an injury through its life.
func lead(ctx context.Context, injury Injury, fault chaos.ContainerFault, bitten func(error)) Record {
	record := Record{Fault: chaos.Sentence{Fault: fault}}
	release := injury.Claim()
	defer release()
	if err := injury.SetUp(ctx); err != nil {
		record.Error = fmt.Sprintf("not injected: %v", err)
		bitten(err)
		return record
	}
	failures := []error{strike(ctx, injury, fault, &record, bitten), heal(context.WithoutCancel(ctx), injury, &record)}
	if err := errors.Join(failures...); err != nil {
		record.Error = strings.ReplaceAll(err.Error(), "\n", "; ")
	}
	return record
}

// strike injects the fault, proves that it bit, and holds it for its time from then on: a
// server that is told to end may take longer to do so than it is to be down.
func strike(ctx context.Context, injury Injury, fault chaos.ContainerFault, record *Record, bitten func(error)) error {
	err := bite(ctx, injury, record)
	bitten(err)
	if err != nil {
		return err
	}
	record.Proven = time.Now()
	select {
	case <-ctx.Done():
		return fmt.Errorf("cut short after %v: %w", time.Since(record.Injected).Round(time.Millisecond), context.Cause(ctx))
	case <-time.After(fault.Lasts()):
		return nil
	}
}

// bite injects and proves it.
func bite(ctx context.Context, injury Injury, record *Record) error {
	record.Injected = time.Now()
	if err := injury.Inject(ctx); err != nil {
		return fmt.Errorf("inject: %w", err)
	}
	err := poll(ctx, biteMax, func(ctx context.Context) (err error) {
		record.Proof, err = proven(injury.ProveBite(ctx))
		return err
	})
	if err != nil {
		return fmt.Errorf("not proven that it bit: %w", err)
	}
	return nil
}

// heal recovers the target and proves it. The engine may refuse for a while what it is still
// busy with, so recovery is tried again until it succeeds.
func heal(ctx context.Context, injury Injury, record *Record) error {
	ctx, cancel := context.WithTimeout(ctx, recoverMax)
	defer cancel()
	record.Recovering = time.Now()
	err := poll(ctx, recoverMax, func(ctx context.Context) (err error) {
		if err := injury.Recover(ctx); err != nil {
			return fmt.Errorf("recover: %w", err)
		}
		record.Recovery, err = proven(injury.ProveRecovery(ctx))
		return err
	})
	if err != nil {
		return fmt.Errorf("not proven that it recovered: %w", err)
	}
	record.Recovered = time.Now()
	return nil
}

// proven returns a proof, or nothing with an error.
func proven(proof string, err error) (string, error) {
	if err != nil {
		return "", err
	}
	return proof, nil
}

// Run leads the faults through their lives, each at its time since began, and returns their
// records in the same order when all have ended. Faults whose time has not come when ctx ends
// are recorded as not injected.
func (e *Environment) Run(ctx context.Context, began time.Time, faults []chaos.ContainerFault) []Record {
	records := make([]Record, len(faults))
	var all sync.WaitGroup
	for i, fault := range faults {
		all.Go(func() {
			select {
			case <-ctx.Done():
				records[i] = Record{Fault: chaos.Sentence{Fault: fault}, Error: "not injected: the run ended before its time"}
			case <-time.After(time.Until(began.Add(fault.Starts()))):
				records[i] = e.Do(ctx, fault)
			}
		})
	}
	all.Wait()
	return records
}
