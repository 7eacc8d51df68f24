package live

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/ory/dockertest/v3"
	docker "github.com/ory/dockertest/v3/docker"
)

// ErrNotLocal is matched when the Docker engine that is configured is not this machine's own.
var ErrNotLocal = errors.New("only a Docker engine of this machine is used")

// ErrNoEngine is matched when no Docker engine answers.
var ErrNoEngine = errors.New("no Docker engine answers")

// callMax bounds a call of the engine that has nothing to wait for.
const callMax = 30 * time.Second

// LocalEndpoint returns where the Docker engine of this machine listens, as a value for
// DOCKER_HOST. Nothing is asked of the engine. The error matches ErrNotLocal if DOCKER_HOST is
// another machine's. Docker's own command follows its contexts too, which may lead elsewhere; it
// goes where this package goes if it is given DOCKER_HOST with this value.
func LocalEndpoint() (string, error) { return localEndpoint(os.Getenv("DOCKER_HOST")) }

// localEndpoint returns where the engine of this machine listens: the value of DOCKER_HOST
// if that is a socket or a pipe, or the system's usual place if there is none.
func localEndpoint(dockerHost string) (string, error) {
	switch scheme, _, _ := strings.Cut(dockerHost, "://"); {
	case dockerHost == "" && runtime.GOOS == "windows":
		return "npipe:////./pipe/docker_engine", nil
	case dockerHost == "":
		return "unix:///var/run/docker.sock", nil
	case scheme == "unix" || scheme == "npipe":
		return dockerHost, nil
	default:
		return "", fmt.Errorf("DOCKER_HOST is %s, another machine's or reached over a network: %w", shown(dockerHost), ErrNotLocal)
	}
}

// shown is an address without the password that it may hold.
func shown(address string) string {
	if parsed, err := url.Parse(address); err == nil {
		return parsed.Redacted()
	}
	return "not an address"
}

// engine is the local Docker engine. Calls that the client cannot bound itself go through
// bounded.
type engine struct{ client *docker.Client }

// openEngine finds the local engine and asks whether it answers.
func openEngine(ctx context.Context) (engine, error) {
	endpoint, err := LocalEndpoint()
	if err != nil {
		return engine{}, err
	}
	pool, err := dockertest.NewPool(endpoint)
	if err != nil {
		return engine{}, fmt.Errorf("%s: %w", endpoint, err)
	}
	ctx, cancel := context.WithTimeout(ctx, callMax)
	defer cancel()
	if err := pool.Client.PingWithContext(ctx); err != nil {
		return engine{}, fmt.Errorf("%s: %w: %w", endpoint, ErrNoEngine, err)
	}
	return engine{pool.Client}, nil
}

// bounded calls f, which takes no context, and returns ctx's error if that ends first. What f
// does then still happens.
func bounded(ctx context.Context, f func() error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	ctx, cancel := context.WithTimeout(ctx, callMax)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// ensureImage pulls the image if it is not there. A name that only this machine can have
// fails with the words of the engine.
func (e engine) ensureImage(ctx context.Context, image string, progress func(string)) error {
	err := bounded(ctx, func() error { _, err := e.client.InspectImage(image); return err })
	if !errors.Is(err, docker.ErrNoSuchImage) {
		return err
	}
	progress("pull " + image)
	repository, tag := docker.ParseRepositoryTag(image)
	err = e.client.PullImage(docker.PullImageOptions{
		Repository: repository, Tag: first(tag, "latest"), InactivityTimeout: time.Minute, Context: ctx,
	}, docker.AuthConfiguration{})
	if err != nil {
		return fmt.Errorf("image %s is not here and cannot be pulled (chaos/live/images/build.sh builds equivalents): %w", image, err)
	}
	return nil
}

// atHand returns image, or built in its stead if image is the official one, that is not here, and
// built is.
func (e engine) atHand(ctx context.Context, image, official, built string) string {
	if image == official && !e.has(ctx, official) && e.has(ctx, built) {
		return built
	}
	return image
}

func (e engine) has(ctx context.Context, image string) bool {
	return bounded(ctx, func() error { _, err := e.client.InspectImage(image); return err }) == nil
}

// inspect returns what the engine knows of a container now.
func (e engine) inspect(ctx context.Context, id string) (*docker.Container, error) {
	ctx, cancel := context.WithTimeout(ctx, callMax)
	defer cancel()
	return e.client.InspectContainerWithContext(id, ctx)
}

// execResult is how a command in a container ended.
type execResult struct {
	code   int
	output string
}

// exec runs a command in a container, as root, and returns its exit code and what it wrote.
// A command that is not there has exit code 126 or 127.
func (e engine) exec(ctx context.Context, id string, command ...string) (execResult, error) {
	created, err := e.createExec(ctx, id, true, command)
	if err != nil {
		return execResult{}, err
	}
	var result execResult
	err = bounded(ctx, func() error {
		var output strings.Builder
		options := docker.StartExecOptions{OutputStream: &output, ErrorStream: &output}
		if err := e.client.StartExec(created.ID, options); err != nil {
			return err
		}
		state, err := e.client.InspectExec(created.ID)
		if err == nil {
			result = execResult{state.ExitCode, strings.TrimSpace(output.String())}
		}
		return err
	})
	if err != nil {
		return execResult{}, fmt.Errorf("run %s in a container: %w", command[0], err)
	}
	return result, nil
}

// start runs a command in a container and does not wait for it.
func (e engine) start(ctx context.Context, id string, command ...string) error {
	created, err := e.createExec(ctx, id, false, command)
	if err != nil {
		return err
	}
	return e.client.StartExec(created.ID, docker.StartExecOptions{Detach: true, Context: ctx})
}

func (e engine) createExec(ctx context.Context, id string, attach bool, command []string) (*docker.Exec, error) {
	ctx, cancel := context.WithTimeout(ctx, callMax)
	defer cancel()
	created, err := e.client.CreateExec(docker.CreateExecOptions{
		Container: id, Cmd: command, User: "0", AttachStdout: attach, AttachStderr: attach, Context: ctx,
	})
	if err != nil {
		return nil, fmt.Errorf("run %s in a container: %w", command[0], err)
	}
	return created, nil
}

// must returns an error for a command that did not succeed.
func (r execResult) must(err error) error {
	if err == nil && r.code != 0 {
		return fmt.Errorf("exit code %d: %s", r.code, r.output)
	}
	return err
}
