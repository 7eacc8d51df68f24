package live

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	docker "github.com/ory/dockertest/v3/docker"
)

// disk is a volume of limited size in memory. The engine unmounts such a volume when no
// container uses it, and it is empty then; so a container that does nothing else, the keeper,
// keeps it mounted while its server is down, and is where the volume is filled and freed.
type disk struct {
	keeper string // id of the keeper
}

// diskPath is where the volume is mounted, in the server and the keeper. It is no path that images declare as a volume.
const diskPath = "/squall"

// keeperSuffix makes a keeper's name of its server's.
const keeperSuffix = "-keeper"

// fillFile takes the space of a disk that is full.
const fillFile = diskPath + "/squall-fill"

// openDisk creates the volume for a server and its keeper, from the server's image.
func (e *Environment) openDisk(ctx context.Context, server, image string) (*disk, string, error) {
	volume, err := e.engine.client.CreateVolume(docker.CreateVolumeOptions{
		Name: "squall-" + e.config.Name + "-" + server, Driver: "local", Labels: e.labels(server), Context: ctx,
		DriverOpts: map[string]string{"type": "tmpfs", "device": "tmpfs", "o": "mode=1777,size=" + strconv.Itoa(e.config.DiskMiB) + "m"},
	})
	if err != nil {
		e.doubt(ctx)
		return nil, "", fmt.Errorf("create volume of %s: %w", server, err)
	}
	bind := volume.Name + ":" + diskPath
	keeper, err := e.create(ctx, spec{
		name: server + keeperSuffix, image: image, entry: []string{"/bin/sh", "-c"}, user: "0",
		command: []string{"trap exit TERM INT; while :; do sleep 3600 & wait $!; done"}, binds: []string{bind},
	})
	return &disk{keeper}, bind, err
}

// errNotFull means that a disk that was filled still takes data.
var errNotFull = errors.New("the disk still takes data")

const noSpace = "No space left on device"

// fill fills the disk until not even one page of it, the least it gives, can be had.
func (e *Environment) fill(ctx context.Context, d *disk) error {
	for _, block := range []string{"1M", "4k"} {
		result, err := e.engine.exec(ctx, d.keeper, "dd", "if=/dev/zero", "of="+fillFile, "bs="+block, "oflag=append", "conv=notrunc")
		if err != nil {
			return err
		}
		if !strings.Contains(result.output, noSpace) {
			return fmt.Errorf("%w: %s", errNotFull, result.output)
		}
	}
	return nil
}

// proveFull tries to write to the disk in a container, the server's or the keeper's, and
// returns the error that the writer got.
func (e *Environment) proveFull(ctx context.Context, id string) (string, error) {
	probe := diskPath + "/squall-probe"
	result, err := e.engine.exec(ctx, id, "dd", "if=/dev/zero", "of="+probe, "bs=4k", "count=1")
	if err != nil {
		return "", err
	}
	_, _ = e.engine.exec(ctx, id, "rm", "-f", probe)
	if result.code == 0 || !strings.Contains(result.output, noSpace) {
		return "", errNotFull
	}
	return "writing 4 KiB beside the data: " + noSpace, nil
}

// free gives the space back. Freeing what is free is no error.
func (e *Environment) free(ctx context.Context, d *disk) error {
	state, err := e.engine.inspect(ctx, d.keeper)
	if err == nil && !state.State.Running {
		return errors.New("the keeper of the disk is gone, and the data with it")
	}
	if err != nil {
		return err
	}
	return execResult.must(e.engine.exec(ctx, d.keeper, "rm", "-f", fillFile))
}
