package flow_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/squallhq/squall/system/flow"
	"github.com/squallhq/squall/system/process"
)

// As many requests as the settings allow are let in; the others are refused at once, counted
// all and noted once, and places are given back also by those whose clients are gone.
func TestRequestsInProgress(t *testing.T) {
	var noted bytes.Buffer
	log := slog.New(slog.NewTextHandler(&noted, nil))
	refused := 0
	settings := flow.DefaultSettings()
	settings.Requests = 2
	engine := flow.NewEngine(flow.Ports{
		Runtime: process.New(log), Log: log, Count: func(string) { refused++ },
	}, flow.Definition{Name: "order"}, settings)
	gone, leave := context.WithCancel(t.Context())
	leave()
	for range 2 {
		if !engine.Enter(t.Context()) || !engine.Enter(t.Context()) {
			t.Fatal("refused, and there is room")
		}
		for range 3 {
			if engine.Enter(t.Context()) {
				t.Fatal("let in, and there is no room")
			}
		}
		engine.Leave(gone)
		if !engine.Enter(t.Context()) {
			t.Fatal("the place of one that is gone is not given back")
		}
		engine.Leave(t.Context())
		engine.Leave(t.Context())
	}
	if lines := strings.Count(noted.String(), "requests refused"); refused != 6 || lines != 2 {
		t.Errorf("counted %d, noted %d times: %s", refused, lines, &noted)
	}
}
