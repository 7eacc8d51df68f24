package conform

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

// rabbitLinger is how long a refresh waits for events that nobody expects.
const rabbitLinger = 60 * time.Millisecond

// RefreshRabbitMQ plays a transcript's cases and returns it with the outcomes that the
// arm showed. Cases of other versions stay as they are. The rules are yours to check.
func RefreshRabbitMQ(t *testing.T, arm RabbitArm, file, text string) string {
	t.Helper()
	cases, err := ParseRabbitCases(file, text)
	if err != nil {
		t.Fatal(err)
	}
	outcomes := map[int][]string{} // by the line of the step
	for _, c := range cases {
		if !c.HoldsFor(arm.Profile()) {
			continue
		}
		err := arm.Open(t).Run(func(ctx context.Context, client RabbitClient) error {
			return refreshRabbitCase(ctx, client, c, outcomes)
		})
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
	}
	return withOutcomes(text, outcomes)
}

func refreshRabbitCase(ctx context.Context, client RabbitClient, c *RabbitCase, outcomes map[int][]string) error {
	play := newRabbitPlay(client)
	defer play.clean(ctx)
	for i := range c.steps {
		step := &c.steps[i]
		got, err := play.step(ctx, step, rabbitLinger)
		if err != nil {
			return fmt.Errorf("%s:%d: %s: %w", c.file, step.line, step.text, err)
		}
		outcomes[step.line] = append([]string{}, got...)
	}
	return nil
}

// withOutcomes replaces what stands below the steps.
func withOutcomes(text string, outcomes map[int][]string) string {
	var fresh []string
	replaced := false
	for i, line := range strings.Split(text, "\n") {
		lines, isStep := outcomes[i+1]
		switch {
		case isStep:
			fresh = append(append(fresh, line), lines...)
			replaced = true
		case strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "== "):
			fresh = append(fresh, line)
			replaced = false
		case !replaced:
			fresh = append(fresh, line)
		}
	}
	return strings.Join(fresh, "\n")
}
