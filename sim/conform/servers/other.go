//go:build !unix

package servers

import (
	"context"
	"errors"
)

// Local binaries are not started here: their servers want Unix users and signals.
func findPostgres() string { return "" }

func findRabbitMQ() string { return "" }

func postgresProcess(context.Context, string, int) (host, error) { return nil, errors.ErrUnsupported }

func rabbitProcess(context.Context, string, int) (host, error) { return nil, errors.ErrUnsupported }

// reaper does nothing here: containers of a killed test process stay.
type reaper struct{}

func newReaper(...string) (*reaper, error) { return &reaper{}, nil }

func (*reaper) dismiss() {}
