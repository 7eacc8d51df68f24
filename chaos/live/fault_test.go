package live_test

import (
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/squallhq/squall/chaos"
)

func parse(t *testing.T, sentence string) chaos.ContainerFault {
	t.Helper()
	fault, err := chaos.Parse(sentence)
	if err != nil {
		t.Fatal(err)
	}
	return fault.(chaos.ContainerFault)
}

// TestFaults leads every kind that strikes at an instant through its life.
func TestFaults(t *testing.T) {
	e := environment(t)
	seen := make(map[chaos.Kind]bool)
	for _, c := range []struct{ sentence, proof, recovery string }{
		{"pause container database at 0s for 1s", "is frozen", "database is ready, the same process"},
		{"cut off container database at 0s for 1s", "is on no network", "database is ready, the same process"},
		{"kill container database at 0s for 1s", "is gone (exit code 137)", "database is ready, a new process"},
		{"restart database order at 0s for 500ms", "is gone (exit code 137)", "database is ready, a new process"},
		{"restart container database at 0s", "started again", "database is ready, a new process"},
		{"fill disk of database at 0s for 2s", "No space left on device", "the disk takes data, database is ready"},
		{"squeeze memory of database at 0s for 2s", "was met", "database is ready"},
		{"stop container broker at 0s for 500ms", "ended by itself", "broker is ready, a new process"},
		{"fill disk of broker at 0s for 2s", "No space left on device", "the disk takes data, broker is ready"},
		{"squeeze memory of broker at 0s for 1s", "was met", "broker is ready"},
		{"squeeze memory of order-1 at 0s for 1s", "KiB", "order-1 is ready"},
		{"pause container broker at 0s for 1s", "is frozen", "broker is ready, the same process"},
		{"kill container order-1 at 0s for 500ms", "is gone (exit code 137)", "order-1 is ready, a new process"},
		{"stop container order-2 at 0s for 500ms", "ended by itself (exit code 0)", "order-2 is ready, a new process"},
		{"cut off container order-2 at 0s for 500ms", "is on no network", "order-2 is ready, the same process"},
		{"scale order to 3 at 0s for 500ms", `["order-1" "order-2" "order-3"] run`, `["order-1" "order-2"] run`},
		{"scale order to 1 at 0s for 500ms", `["order-1"] run`, `["order-1" "order-2"] run`},
		{"scale order to 0 at 0s for 500ms", "no replica runs", `["order-1" "order-2"] run`},
	} {
		fault := parse(t, c.sentence)
		seen[fault.Kind()] = true
		t.Run(c.sentence, func(t *testing.T) {
			began := time.Now()
			record := e.Do(t.Context(), fault)
			t.Logf("%v: %s | %s", time.Since(began).Round(time.Millisecond), record.Proof, record.Recovery)
			if record.Error != "" {
				t.Fatal(record.Error)
			}
			if !strings.Contains(record.Proof, c.proof) || !strings.Contains(record.Recovery, c.recovery) {
				t.Errorf("proofs without %q and %q", c.proof, c.recovery)
			}
			if held := record.Recovering.Sub(record.Proven); held < fault.Lasts() {
				t.Errorf("it lasted %v", held)
			}
			if record.Injected.Before(began) || record.Recovered.Before(record.Recovering) {
				t.Errorf("the record's times are out of order: %+v", record)
			}
		})
	}
	ofProxies := chaos.SetOf(chaos.KindCutRequests, chaos.KindCutAnswers) // see scenarios/containers
	for _, kind := range chaos.KindsIn(chaos.Containers) {
		if kind >= chaos.KindRestart && !ofProxies.Has(kind) && !seen[kind] {
			t.Errorf("no fault of kind %v was tried", kind)
		}
	}
}

// TestTargetDies: what a fault has done is undone even if its target died meanwhile.
func TestTargetDies(t *testing.T) {
	e := environment(t)
	name := "squall-" + e.Name() + "-database"
	for _, c := range []struct {
		sentence string
		bitten   []string // a docker command that answers once the fault is in force
	}{
		{"fill disk of database at 0s for 5s", []string{"exec", name, "ls", "/squall/squall-fill"}},
		{"pause container database at 0s for 5s", []string{"ps", "--quiet", "--filter", "name=" + name + "$", "--filter", "status=paused"}},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			killed := make(chan struct{})
			go func() {
				defer close(killed)
				for docker(c.bitten...) == "" && t.Context().Err() == nil {
					time.Sleep(50 * time.Millisecond)
				}
				docker("kill", name)
			}()
			record := e.Do(t.Context(), parse(t, c.sentence))
			<-killed
			t.Logf("%s | %s", record.Proof, record.Recovery)
			if !strings.Contains(record.Recovery, "database is ready, a new process") {
				t.Errorf("the record is %+v", record)
			}
		})
	}
}

// TestRun: faults strike at their times, those of one target one after another, and the end
// of the run cuts short what has begun and leaves out the rest.
func TestRun(t *testing.T) {
	e := environment(t)
	ctx, cancel := context.WithTimeout(t.Context(), 6*time.Second)
	defer cancel()
	began := time.Now()
	records := e.Run(ctx, began, []chaos.ContainerFault{
		parse(t, "pause container order-1 at 0s for 1s"),
		parse(t, "pause container order-1 at 500ms for 100ms"),
		parse(t, "pause container order-2 at 1s for 1m"),
		parse(t, "pause container order-1 at 1m for 1s"),
	})
	for i, want := range []string{"", "", "cut short", "not injected: the run ended before its time"} {
		if got := records[i].Error; !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%v: the error is %q", records[i].Fault, got)
		}
	}
	if records[1].Injected.Before(records[0].Recovered) {
		t.Error("two faults have struck one target at once")
	}
	if records[2].Recovery == "" || !records[2].Happened() || records[3].Happened() {
		t.Errorf("the records are %+v and %+v", records[2], records[3])
	}
}

// TestNoSuchFault: what cannot be done is said before anything is changed.
func TestNoSuchFault(t *testing.T) {
	e := environment(t)
	for sentence, want := range map[string]string{
		"kill container cart-1 at 0s for 1s":     `there is no container "cart-1"`,
		"restart database cart at 0s for 1s":     `there is no container "database cart"`,
		"fill disk of order-1 at 0s for 1s":      "no disk of its own",
		"scale cart to 2 at 0s for 1s":           `there is no service "cart"`,
		"scale order to 2 at 0s for 1s":          "has 2 replicas already",
		"kill container order-9 at 0s for 500ms": `there is no container "order-9"`,
	} {
		if record := e.Do(t.Context(), parse(t, sentence)); !strings.Contains(record.Error, want) || record.Happened() {
			t.Errorf("%s: the record is %+v", sentence, record)
		}
	}
}

func TestErrNotReady(t *testing.T) {
	e := environment(t)
	name := "squall-" + e.Name() + "-order-1"
	docker("kill", name)
	record := e.Do(t.Context(), parse(t, "pause container order-1 at 0s for 1s"))
	if !strings.Contains(record.Error, "not injected: order-1 does not run") || record.Happened() {
		t.Errorf("the record is %+v", record)
	}
	if err := e.Restore(t.Context()); err != nil {
		t.Error(err)
	}
	if urls, err := e.ServiceURLs(t.Context(), "order"); err != nil || len(urls) != 2 {
		t.Errorf("after Restore the replicas are at %v, %v", urls, err)
	}
}

// TestAmiss: whatever happens to a container behind the environment's back is named, and
// nothing else is.
func TestAmiss(t *testing.T) {
	e := environment(t)
	run := "squall-" + e.Name()
	none := func() {
		t.Helper()
		if sentences, err := e.Amiss(t.Context()); err != nil || len(sentences) > 0 {
			t.Fatalf("amiss is %q, %v", sentences, err)
		}
	}
	none()
	for want, command := range map[string][]string{
		"order-2 has ended by itself (exit code 137)": {"kill", run + "-order-2"},
		"order-1 is paused":                           {"pause", run + "-order-1"},
		"order-1 is off the run's network":            {"network", "disconnect", run, run + "-order-1"},
	} {
		if output, err := exec.Command("docker", command...).CombinedOutput(); err != nil {
			t.Fatalf("docker %q: %v: %s", command, err, output)
		}
		if sentences, err := e.Amiss(t.Context()); err != nil || len(sentences) != 1 || sentences[0] != want {
			t.Errorf("after docker %q amiss is %q, %v", command, sentences, err)
		}
		if err := e.Restore(t.Context()); err != nil {
			t.Fatal(err)
		}
		none()
	}
	if record := e.Do(t.Context(), parse(t, "scale order to 3 at 0s for 100ms")); record.Error != "" {
		t.Fatal(record.Error)
	}
	none() // order-3 has been told to end
}

// TestImages: the images are those that the docker command knows.
func TestImages(t *testing.T) {
	e := environment(t)
	images, err := e.Images(t.Context())
	if err != nil || images["database"] == "" || images["broker"] == "" || images["order-2"] == "" || images["database-keeper"] != "" {
		t.Fatalf("the images are %q, %v", images, err)
	}
	for name, image := range images {
		want := docker("inspect", "--format", "{{.Config.Image}} {{.Image}}", "squall-"+e.Name()+"-"+name)
		if image != want || !strings.Contains(image, " sha256:") {
			t.Errorf("%s is of %q, want %q", name, image, want)
		}
	}
}
