package live

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/squallhq/squall/chaos"
)

// scripted is an injury that fails where it is told to, and notes what is asked of it.
type scripted struct {
	fails map[string]int // how often a call fails, -1 for always
	calls []string
}

func (s *scripted) call(name string) error {
	s.calls = append(s.calls, name)
	if s.fails[name] == 0 {
		return nil
	}
	s.fails[name]--
	return errors.New(name + " failed")
}

func (s *scripted) SetUp(context.Context) error  { return s.call("setUp") }
func (s *scripted) Inject(context.Context) error { return s.call("inject") }
func (s *scripted) ProveBite(context.Context) (string, error) {
	return proof("bit", s.call("proveBite"))
}
func (s *scripted) Recover(ctx context.Context) error {
	return errors.Join(ctx.Err(), s.call("recover"))
}
func (s *scripted) ProveRecovery(context.Context) (string, error) {
	return proof("healed", s.call("proveRecovery"))
}
func (s *scripted) Claim() func() { return func() { s.calls = append(s.calls, "release") } }

// proof returns what a careless injury would: a proof beside its error.
func proof(text string, err error) (string, error) { return text, err }

// TestLife leads scripted injuries through their lives: no failure is silent, and nothing
// keeps a target that was touched from being recovered.
func TestLife(t *testing.T) {
	for name, c := range map[string]struct {
		fails    map[string]int
		cancel   time.Duration // when the caller gives up, if it does
		happened bool
		recovery string
		err      string
		calls    string // the first of each, in order
	}{
		"OK":              {nil, 0, true, "healed", "", "setUp inject proveBite recover proveRecovery release"},
		"OKLate":          {map[string]int{"proveBite": 5, "recover": 3, "proveRecovery": 9}, 0, true, "healed", "", "setUp inject proveBite recover proveRecovery release"},
		"ErrSetUp":        {map[string]int{"setUp": 1}, 0, false, "", "not injected: setUp failed", "setUp release"},
		"ErrInject":       {map[string]int{"inject": 1}, 0, false, "healed", "inject: inject failed", "setUp inject recover proveRecovery release"},
		"ErrNotBitten":    {map[string]int{"proveBite": -1}, 0, false, "healed", "not proven that it bit: proveBite failed", "setUp inject proveBite recover proveRecovery release"},
		"ErrNotRecovered": {map[string]int{"recover": -1}, 0, true, "", "not proven that it recovered: recover: recover failed", "setUp inject proveBite recover release"},
		"ErrNotHealed":    {map[string]int{"proveRecovery": -1}, 0, true, "", "not proven that it recovered: proveRecovery failed", "setUp inject proveBite recover proveRecovery release"},
		"ErrBoth": {
			map[string]int{"proveBite": -1, "recover": -1}, 0, false, "",
			"not proven that it bit: proveBite failed; not proven that it recovered: recover: recover failed",
			"setUp inject proveBite recover release",
		},
		"CutShort": {nil, 2 * time.Second, true, "healed", "cut short after 2s: context deadline exceeded", "setUp inject proveBite recover proveRecovery release"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				if c.cancel > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, c.cancel)
					defer cancel()
				}
				s := &scripted{fails: c.fails}
				record := lead(ctx, s, chaos.PauseContainer{Target: "x", For: 5 * time.Second}, func(error) {})
				if record.Happened() != c.happened || record.Recovery != c.recovery || record.Error != c.err {
					t.Errorf("the record is %+v", record)
				}
				if got := strings.Join(slices.Compact(firsts(s.calls)), " "); got != c.calls {
					t.Errorf("the calls were %s, want %s", got, c.calls)
				}
				if held := record.Recovering.Sub(record.Proven); c.err == "" && held != 5*time.Second {
					t.Errorf("it was held for %v", held)
				}
			})
		})
	}
}

// firsts returns each call once, in the order of the first.
func firsts(calls []string) []string {
	var found []string
	for _, call := range calls {
		if !slices.Contains(found, call) {
			found = append(found, call)
		}
	}
	return found
}

func TestLimitHits(t *testing.T) {
	for text, want := range map[string]uint64{
		"": 0,
		"cat: /sys/fs/cgroup/memory.events: No such file or directory\noom_kill_disable 0\nunder_oom 0\noom_kill 7\n": 7,
		"low 0\nhigh 3\nmax 41\noom 2\noom_kill 1\noom_group_kill 0\n":                                                42,
		"max many\n": 0,
	} {
		if got := limitHits(text); got != want {
			t.Errorf("limitHits(%q) = %d, want %d", text, got, want)
		}
	}
}
