package conform_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/squallhq/squall/sim/conform"
	"github.com/squallhq/squall/sim/conform/servers"
)

func TestRabbitMQReal(t *testing.T) {
	arm := realRabbit(t)
	if *update {
		refreshRabbitMQ(t, arm)
		return
	}
	conform.RunRabbitMQ(t, arm)
}

func realRabbit(t *testing.T) *conform.RealRabbit {
	t.Helper()
	server := servers.SharedRabbitMQ(t)
	arm, err := conform.NewRealRabbit(t.Context(), server.URL())
	if err != nil {
		t.Fatal(err)
	}
	arm.Operator = server
	return arm
}

func refreshRabbitMQ(t *testing.T, arm conform.RabbitArm) {
	files, err := filepath.Glob("testdata/rabbitmq/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			fresh := conform.RefreshRabbitMQ(t, arm, filepath.Base(file), string(text))
			if err := os.WriteFile(file, []byte(fresh), 0o644); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// The runner must turn red for an expectation that the broker does not meet. Each change
// of a right transcript is wrong in one way.
func TestRabbitMQRunnerSeesWrongExpectations(t *testing.T) {
	arm := realRabbit(t)
	const right = `== two consumers
rule: r
source: s

c1> queue q
ok

c1> consume q as a
ok

c1> publish "" q m1 m2 mandatory
delivery 1 m1 to a
delivery 2 m2 to a
confirmed 1-2 done

c1> publish "" nowhere m3 mandatory
returned 312 m3 via "" nowhere
confirmed 3 done

c1> requeue 2
delivery 3 m2 to a redelivered

c2> get q
empty

c1> ack 7
closed 406

c2> get q
delivery 1 m1 redelivered 1 left
`
	if err := check(t, arm, right); err != nil {
		t.Fatalf("the right transcript fails: %v", err)
	}
	for _, change := range []struct{ name, from, to string }{
		{"missing event", "delivery 2 m2 to a\n", ""},
		{"event too many", "c2> get q\nempty", "c2> get q\nempty\nc1: delivery 4 m2 to a"},
		{"order of events", "delivery 1 m1 to a\ndelivery 2 m2 to a", "delivery 2 m2 to a\ndelivery 1 m1 to a"},
		{"confirm before return", "returned 312 m3 via \"\" nowhere\nconfirmed 3 done", "confirmed 3 done\nreturned 312 m3 via \"\" nowhere"},
		{"outcome", "confirmed 3 done", "confirmed 3 not done"},
		{"redelivered flag", "delivery 3 m2 to a redelivered", "delivery 3 m2 to a"},
		{"close code", "closed 406", "closed 404"},
		{"no close", "closed 406", ""},
		{"reply", "empty", "delivery 1 m1 0 left"},
		{"count", "1 left", "0 left"},
	} {
		t.Run(change.name, func(t *testing.T) {
			wrong := strings.Replace(right, change.from, change.to, 1)
			if wrong == right {
				t.Fatal("the change changes nothing")
			}
			if err := check(t, arm, wrong); err == nil {
				t.Errorf("passes:\n%s", wrong)
			}
		})
	}
}

func check(t *testing.T, arm conform.RabbitArm, text string) error {
	t.Helper()
	cases, err := conform.ParseRabbitCases("test.txt", text)
	if err != nil {
		t.Fatal(err)
	}
	return cases[0].CheckWithin(arm.Open(t), time.Second)
}

func TestParseRabbitCasesErrs(t *testing.T) {
	for name, text := range map[string]string{
		"ErrTextBeforeCase": "c1> queue q\n",
		"ErrNoRule":         "== a\nsource: s\n\nc1> queue q\nok\n",
		"ErrNoSteps":        "== a\nrule: r\nsource: s\n",
		"ErrVersion":        "== a\nrule: r\nsource: s\nversions: 5.0\n\nc1> queue q\nok\n",
		"ErrHead":           "== a\nrule: r\nsauce: s\n\nc1> queue q\nok\n",
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := conform.ParseRabbitCases("test.txt", text); err == nil {
				t.Error("no error")
			}
		})
	}
}
