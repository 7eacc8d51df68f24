package containers

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/squallhq/squall/reports"
)

// TestReadLevels: a server that is away has no reading, then another gauge is opened; the last
// reading is after the end.
func TestReadLevels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun, opened, closed, reading := time.Now(), 0, 0, 0
		ended := make(chan struct{})
		open := func(context.Context) (*gauge, error) {
			if opened++; opened == 2 {
				return nil, errors.New("nobody there")
			}
			return &gauge{
				read: func(context.Context) (int, error) {
					if reading++; reading == 2 {
						return 0, errors.New("gone")
					}
					return reading, nil
				},
				close: func(context.Context) { closed++ },
			}, nil
		}
		go func() {
			time.Sleep(3*levelEvery + levelEvery/2)
			close(ended)
		}()
		got := readLevels(t.Context(), begun, ended, open)
		want := []reports.Level{{At: 0, Count: 1}, {At: 3 * levelEvery, Count: 3}, {At: 3*levelEvery + levelEvery/2, Count: 4}}
		if !slices.Equal(got, want) || opened != 3 || closed != 2 {
			t.Errorf("%v with %d opened and %d closed, want %v", got, opened, closed, want)
		}
	})
}

// TestReadLevelsToTheEnd: a last reading that fails is tried again, and not for ever.
func TestReadLevelsToTheEnd(t *testing.T) {
	for name, test := range map[string]struct{ failures, readings int }{
		"FailsTwice": {2, 2}, "FailsForEver": {1000, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ended, reading := make(chan struct{}), 0
				open := func(context.Context) (*gauge, error) {
					return &gauge{
						read: func(context.Context) (int, error) {
							if reading++; reading > 1 && reading <= 1+test.failures {
								return 0, errors.New("busy")
							}
							return 7, nil
						},
						close: func(context.Context) {},
					}, nil
				}
				close(ended)
				got := readLevels(t.Context(), time.Now(), ended, open)
				if len(got) != test.readings {
					t.Errorf("%v, want %d readings", got, test.readings)
				}
			})
		})
	}
}
