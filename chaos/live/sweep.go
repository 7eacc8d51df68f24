package live

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	docker "github.com/ory/dockertest/v3/docker"
)

// The labels of everything that a run creates.
const (
	labelRun  = "squall"      // the run's name
	labelLock = "squall.lock" // the path of its lock
	labelName = "squall.name" // a container's name within the run
)

// leftover is something of a run that the engine still has.
type leftover struct {
	what, name, id string
	lock           string
}

func (l leftover) String() string { return l.what + " " + l.name }

// sweep removes what belongs to runs that are no more.
func (e engine) sweep(ctx context.Context, progress func(string)) error {
	all, err := e.list(ctx, labelRun)
	if err != nil {
		return err
	}
	var dead []leftover
	for _, l := range all {
		lives, err := alive(l.lock)
		if err != nil {
			return fmt.Errorf("whether the run of %v is under way: %w", l, err)
		}
		if !lives {
			progress("remove " + l.String() + ", left by a run that is no more")
			dead = append(dead, l)
		}
	}
	err = e.remove(ctx, dead)
	for _, l := range dead {
		if isLockPath(l.lock) {
			_ = os.Remove(l.lock) // the first of them has removed it for all
		}
	}
	return err
}

// list returns all containers, networks and volumes with a label, in the order in which they
// can be removed. The label is a name, or name=value.
func (e engine) list(ctx context.Context, label string) ([]leftover, error) {
	var found []leftover
	filter := map[string][]string{"label": {label}}
	containers, err := e.client.ListContainers(docker.ListContainersOptions{All: true, Filters: filter, Context: ctx})
	if err != nil {
		return nil, fmt.Errorf("list containers: %w", err)
	}
	for _, c := range containers {
		name := strings.TrimPrefix(strings.Join(c.Names, " "), "/")
		found = append(found, leftover{"container", name, c.ID, c.Labels[labelLock]})
	}
	err = bounded(ctx, func() error {
		networks, err := e.client.FilteredListNetworks(docker.NetworkFilterOpts{"label": {label: true}})
		for _, n := range networks {
			found = append(found, leftover{"network", n.Name, n.ID, n.Labels[labelLock]})
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list networks: %w", err)
	}
	volumes, err := e.client.ListVolumes(docker.ListVolumesOptions{Filters: filter, Context: ctx})
	if err != nil {
		return nil, fmt.Errorf("list volumes: %w", err)
	}
	for _, v := range volumes {
		found = append(found, leftover{"volume", v.Name, v.Name, v.Labels[labelLock]})
	}
	return found, nil
}

// remove removes everything it can, and returns an error for the rest. What somebody else
// has removed meanwhile is no error.
func (e engine) remove(ctx context.Context, all []leftover) error {
	var failures []error
	for _, l := range all {
		if err := e.removeOne(ctx, l); err != nil && !gone(err) {
			failures = append(failures, fmt.Errorf("remove %v: %w", l, err))
		}
	}
	return errors.Join(failures...)
}

func (e engine) removeOne(ctx context.Context, l leftover) error {
	switch l.what {
	case "container":
		// Engines have refused to kill what is paused.
		_ = bounded(ctx, func() error { return e.client.UnpauseContainer(l.id) })
		return e.client.RemoveContainer(docker.RemoveContainerOptions{ID: l.id, Force: true, RemoveVolumes: true, Context: ctx})
	case "network":
		return bounded(ctx, func() error { return e.client.RemoveNetwork(l.id) })
	default:
		return e.client.RemoveVolumeWithOptions(docker.RemoveVolumeOptions{Name: l.id, Context: ctx})
	}
}

// gone says whether an error means that what was to be removed is not there, or that somebody
// is removing it.
func gone(err error) bool {
	var container *docker.NoSuchContainer
	var network *docker.NoSuchNetwork
	var other *docker.Error
	return errors.As(err, &container) || errors.As(err, &network) || errors.Is(err, docker.ErrNoSuchVolume) ||
		errors.As(err, &other) && (other.Status == 404 || strings.Contains(other.Message, "already in progress"))
}

// names returns what is left over as text, sorted.
func names(all []leftover) []string {
	var texts []string
	for _, l := range all {
		texts = append(texts, l.String())
	}
	slices.Sort(texts)
	return texts
}
