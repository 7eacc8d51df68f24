package live

import (
	"context"
	"errors"
	"fmt"
	"strings"

	docker "github.com/ory/dockertest/v3/docker"
)

// Amiss returns a sentence for each container that is not as it should be: one that should run
// and does not, is paused, is off the run's network, or is gone from the engine. The keepers of
// disks are looked at too, for the data goes with them. While a fault is in force its target is
// amiss; so this is to be asked when all have been lifted. An error means that the engine did
// not say how some container is; what it said of the others is returned beside it.
func (e *Environment) Amiss(ctx context.Context) ([]string, error) {
	var sentences []string
	var failures []error
	for _, c := range e.inspected() {
		state, err := e.engine.inspect(ctx, c.id)
		sentence := ""
		switch _, missing := errors.AsType[*docker.NoSuchContainer](err); {
		case missing:
			sentence = "is gone: the engine has no such container"
		case err != nil:
			failures = append(failures, fmt.Errorf("how %s is: %w", c.name, err))
		default:
			sentence = amiss(state, e.onNetwork(state))
		}
		if sentence != "" {
			sentences = append(sentences, c.name+" "+sentence)
		}
	}
	return sentences, errors.Join(failures...)
}

// inspected is a container that should run: one of the run's, or the keeper of a disk.
type inspected struct{ name, id string }

func (e *Environment) inspected() []inspected {
	var wanted []inspected
	for _, c := range e.all() {
		if c.disk != nil {
			wanted = append(wanted, inspected{c.name + keeperSuffix, c.disk.keeper})
		}
		if e.shouldRun(c) {
			wanted = append(wanted, inspected{c.name, c.id})
		}
	}
	return wanted
}

// amiss says what is wrong with a container that should run, or nothing.
func amiss(now *docker.Container, onNetwork bool) string {
	switch state := now.State; {
	case state.Running && state.Paused && !onNetwork:
		return "is paused and off the run's network"
	case state.Running && state.Paused:
		return "is paused"
	case state.Running && !onNetwork:
		return "is off the run's network"
	case state.Running:
		return ""
	case state.Status == "exited":
		return "has ended by itself (" + ending(state) + ")"
	default: // created, dead, being removed
		return fmt.Sprintf("does not run: it is %s (%s)", state.Status, ending(state))
	}
}

// ending says how a container's process ended.
func ending(state docker.State) string {
	texts := []string{fmt.Sprintf("exit code %d", state.ExitCode)}
	if state.OOMKilled {
		texts = append(texts, "killed for want of memory")
	}
	if state.Error != "" {
		texts = append(texts, state.Error)
	}
	return strings.Join(texts, ", ")
}

// Images returns, by the name of each container of the run, what it was created from: the name
// of the image and its ID, as "squall-order:latest sha256:8027...". The name may mean another
// image by now; the ID is the one that runs. The keepers of disks, made from the image of their
// server, are left out.
func (e *Environment) Images(ctx context.Context) (map[string]string, error) {
	images := make(map[string]string)
	for _, c := range e.all() {
		state, err := e.engine.inspect(ctx, c.id)
		if err != nil {
			return nil, fmt.Errorf("image of %s: %w", c.name, err)
		}
		images[c.name] = state.Config.Image + " " + state.Image
	}
	return images, nil
}
