package deploy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/squallhq/squall/system"
	"github.com/squallhq/squall/system/flow"
	"github.com/squallhq/squall/system/postgres"
	"github.com/squallhq/squall/system/process"
	"github.com/squallhq/squall/system/rabbitmq"
)

// StopMax is how long a replica may take to end in order.
const StopMax = 15 * time.Second

// The exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// Main runs a replica of the named service until SIGTERM or SIGINT, and ends the process. A
// second signal ends it at once. outside connects what the service needs beyond database
// and broker; its error is about the configuration.
//
// With the argument health it asks a replica instead, and ends with 0 if that serves HTTP.
func Main(service, defaultAddr string, outside func() (system.Outside, error)) {
	if len(os.Args) == 2 && os.Args[1] == healthWord {
		os.Exit(health(context.Background(), defaultAddr, os.Stderr))
	}
	os.Exit(run(service, defaultAddr, outside, os.Stderr))
}

// NoOutside is for services that need database and broker only.
func NoOutside() (system.Outside, error) { return system.Outside{}, nil }

func run(service, defaultAddr string, outside func() (system.Outside, error), stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal has its usual effect
	log := slog.New(slog.NewJSONHandler(stderr, nil)).With("service", service)
	replica, err := assemble(ctx, service, defaultAddr, outside, log)
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "%s: %v\n", service, err)
		return exitUsage
	}
	err = replica.serve(ctx)
	if err != nil {
		log.Error("ended badly", "error", err)
		return exitFailed
	}
	log.Info("ended")
	return exitOK
}

// replica is one replica of a service, and what it stands on.
type replica struct {
	log     *slog.Logger
	addr    string
	db      *postgres.DB
	runtime *process.Process
	service *system.Service
}

// assemble builds a replica. An error is about the configuration.
func assemble(ctx context.Context, service, defaultAddr string, outside func() (system.Outside, error), log *slog.Logger) (*replica, error) {
	config, err := readConfig(defaultAddr)
	if err != nil {
		return nil, err
	}
	others, err := outside()
	if err != nil {
		return nil, err
	}
	broker, err := rabbitmq.New(config.rabbitmq())
	if err != nil {
		return nil, fmt.Errorf("SQUALL_RABBITMQ_URL: %w", err)
	}
	database, err := config.postgres(service)
	if err != nil {
		return nil, err
	}
	r := &replica{log: log, addr: config.HTTPAddr, runtime: process.New(log)}
	if r.db, err = postgres.Open(ctx, database); err != nil {
		return nil, fmt.Errorf("SQUALL_POSTGRES_URL: %w", err)
	}
	ports := flow.Ports{Runtime: r.runtime, DB: r.db, Broker: broker, Log: log}
	r.service, err = system.Assemble(service, system.NewAPIs(), ports, others, flow.DefaultSettings())
	return r, err
}

// serve prepares the database, serves and runs until ctx ends, and then ends in order.
func (r *replica) serve(ctx context.Context) error {
	if err := r.service.Prepare(ctx); err != nil {
		return nil // it was told to end before it began
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", r.addr)
	if err != nil {
		return fmt.Errorf("SQUALL_HTTP_ADDR: %w", err)
	}
	web := r.web(ctx)
	failed := make(chan error, 2)
	go func() { failed <- web.Serve(listener) }()
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- r.service.Run(running) }()
	r.log.Info("listening", "addr", listener.Addr().String())
	select {
	case <-ctx.Done():
		r.log.Info("ending")
	case err = <-failed:
		err = fmt.Errorf("serve HTTP: %w", err)
	case err = <-ended:
		ended <- err
		err = fmt.Errorf("a loop gave up: %w", err)
	}
	return errors.Join(err, r.end(web, cancel, ended))
}
