package main_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// job is what the tests look at in a Kubernetes Job.
type job struct {
	Kind     string `yaml:"kind"`
	Metadata struct {
		Name string `yaml:"name"`
	} `yaml:"metadata"`
	Spec struct {
		CompletionMode string `yaml:"completionMode"`
		Completions    int    `yaml:"completions"`
		Parallelism    int    `yaml:"parallelism"`
		Limit          *int   `yaml:"backoffLimitPerIndex"`
		Template       struct {
			Spec struct {
				RestartPolicy string      `yaml:"restartPolicy"`
				Containers    []container `yaml:"containers"`
				Volumes       []struct {
					Name  string `yaml:"name"`
					Claim struct {
						Name string `yaml:"claimName"`
					} `yaml:"persistentVolumeClaim"`
				} `yaml:"volumes"`
				Security struct {
					NonRoot bool `yaml:"runAsNonRoot"`
				} `yaml:"securityContext"`
			} `yaml:"spec"`
		} `yaml:"template"`
	} `yaml:"spec"`
}

type container struct {
	Args []string `yaml:"args"`
	Env  []struct {
		Name string `yaml:"name"`
		From struct {
			Field struct {
				Path string `yaml:"fieldPath"`
			} `yaml:"fieldRef"`
		} `yaml:"valueFrom"`
	} `yaml:"env"`
	Mounts []struct {
		Name string `yaml:"name"`
		Path string `yaml:"mountPath"`
	} `yaml:"volumeMounts"`
}

// flag returns the number that a flag has among the container's arguments.
func (c container) flag(t *testing.T, name string) int {
	t.Helper()
	for _, arg := range c.Args {
		if text, ok := strings.CutPrefix(arg, name+"="); ok {
			n, err := strconv.Atoi(text)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatalf("%v has no %s", c.Args, name)
	return 0
}

// jobs reads the documents of a manifest.
func jobs(t *testing.T, path string) map[string]job {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]job)
	for decoder := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var j job
		switch err := decoder.Decode(&j); {
		case errors.Is(err, io.EOF):
			return found
		case err != nil:
			t.Fatalf("%s: %v", path, err)
		}
		found[j.Kind+" "+j.Metadata.Name] = j
	}
}

// TestJobs: the pods of the search share one volume and no seeds, and the merge wants all of
// them.
func TestJobs(t *testing.T) {
	all := jobs(t, "scenarios/deploy/sim-job.yaml")
	if _, ok := all["PersistentVolumeClaim squall-results"]; !ok {
		t.Error("there is no volume")
	}
	search, merge := all["Job squall-sim"], jobs(t, "scenarios/deploy/merge-job.yaml")["Job squall-merge"]
	for _, j := range []job{search, merge} {
		pod := j.Spec.Template.Spec
		if len(pod.Containers) != 1 || len(pod.Containers[0].Mounts) != 1 || len(pod.Volumes) != 1 {
			t.Fatalf("%+v", j)
		}
		mount, volume := pod.Containers[0].Mounts[0], pod.Volumes[0]
		if pod.RestartPolicy != "Never" || !pod.Security.NonRoot || mount.Path != "/results" || mount.Name != volume.Name || volume.Claim.Name != "squall-results" {
			t.Errorf("%+v", pod)
		}
	}
	c := search.Spec.Template.Spec.Containers[0]
	if s := search.Spec; s.CompletionMode != "Indexed" || s.Parallelism < 1 || s.Limit == nil || *s.Limit != 0 {
		t.Errorf("%+v", s)
	}
	const index = "metadata.annotations['batch.kubernetes.io/job-completion-index']"
	if len(c.Env) != 1 || c.Env[0].Name != "INDEX" || c.Env[0].From.Field.Path != index || !slices.Contains(c.Args, "--part=$(INDEX)") {
		t.Errorf("the part is not the index: %v, %+v", c.Args, c.Env)
	}
	if got, want := merge.Spec.Template.Spec.Containers[0].flag(t, "--seeds"), search.Spec.Completions*c.flag(t, "--seeds"); got != want {
		t.Errorf("the merge wants %d seeds, the pods run %d", got, want)
	}
}

// TestJobArguments runs two pods' arguments, and the merge's, with fewer seeds and a folder
// instead of the volume.
func TestJobArguments(t *testing.T) {
	dir := t.TempDir()
	arguments := func(path, name, index string) []string {
		var args []string
		for _, arg := range jobs(t, path)["Job "+name].Spec.Template.Spec.Containers[0].Args {
			before, _, found := strings.Cut(arg, "--seeds=")
			if found && name == "squall-sim" {
				arg = before + "--seeds=2"
			} else if found {
				arg = before + "--seeds=4"
			}
			args = append(args, strings.NewReplacer("$(INDEX)", index, "/results", filepath.Join(dir, "results")).Replace(arg))
		}
		return args
	}
	for _, index := range []string{"0", "1"} {
		if outcome := run(t, dir, arguments("scenarios/deploy/sim-job.yaml", "squall-sim", index)...); outcome.ExitCode != 0 {
			t.Fatalf("exit code %d:\n%s", outcome.ExitCode, outcome.Output)
		}
	}
	outcome := run(t, dir, arguments("scenarios/deploy/merge-job.yaml", "squall-merge", "")...)
	if outcome.ExitCode != 0 || !strings.Contains(outcome.Output, "4 seeds from 0x0000000000000001 on\nmerged from 2 summaries") {
		t.Errorf("exit code %d:\n%s", outcome.ExitCode, outcome.Output)
	}
}

// TestIssues lets the script of the nightly run talk to a stand-in for gh: what an open issue
// names is commented on there, what none names gets one, each signature once.
func TestIssues(t *testing.T) {
	if _, err := exec.LookPath("jq"); err != nil {
		t.Skip("there is no jq")
	}
	bin, log := t.TempDir(), filepath.Join(t.TempDir(), "log")
	gh := "#!/bin/sh\necho \"$@\" >> '" + log + "'\n" + `case "$2" in
list) echo '[{"number": 7, "title": "nightly: A checkout: known"}, {"number": 8, "title": "nightly: A checkout"}]' ;;
*) while [ "$1" != --body-file ]; do shift; done; cat "$2" >> '` + log + "' ;;\nesac\n"
	if err := os.WriteFile(filepath.Join(bin, "gh"), []byte(gh), 0o700); err != nil {
		t.Fatal(err)
	}
	one := write(t, "one.json", `{"problems": [{"signature": "A checkout: known", "count": 2, "detail": "first"}, {"signature": "B checkout: it's \"new\" $(x)", "count": 1, "detail": "go test\nmore"}]}`)
	two := write(t, "two.json", `{"problems": [{"signature": "A checkout: known", "count": 3, "detail": "second"}]}`)
	none := write(t, "none.json", `{"problems": []}`)
	for _, c := range []struct {
		files []string
		want  string
	}{
		{[]string{one, two, none}, "issue list --state open --limit 1000 --json number,title\n" +
			"issue comment 7 --body-file BODY\nSeen 5 times in one night. The first:\n\n```\nfirst\n```\n\nhttps://runs/1\n" +
			"issue create --title nightly: B checkout: it's \"new\" $(x) --body-file BODY\nSeen 1 times in one night. The first:\n\n```\ngo test\nmore\n```\n\nhttps://runs/1\n"},
		{[]string{none}, "issue list --state open --limit 1000 --json number,title\n"},
	} {
		if err := os.RemoveAll(log); err != nil {
			t.Fatal(err)
		}
		command := exec.Command(".github/issues.sh", c.files...)
		command.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "RUN_URL=https://runs/1")
		if output, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
		text, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		for line := range strings.Lines(string(text)) {
			if before, _, ok := strings.Cut(line, "--body-file "); ok {
				line = before + "--body-file BODY\n"
			}
			got.WriteString(line)
		}
		if got.String() != c.want {
			t.Errorf("gh was asked:\n%s\nwant:\n%s", got.String(), c.want)
		}
	}
	missing := exec.Command(".github/issues.sh", "no-such.json")
	missing.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	if output, err := missing.CombinedOutput(); err == nil {
		t.Errorf("a file that is not there was nothing to it:\n%s", output)
	}
}
