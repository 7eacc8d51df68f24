package live

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	docker "github.com/ory/dockertest/v3/docker"
)

// headroom is what a squeezed container may use beyond what it uses when the fault begins.
const headroom = 8 << 20

// hogFile is there as long as the hog is to run.
const hogFile = "/dev/shm/squall-hog"

// hogScript asks for more memory than the headroom, again and again, until its file is gone or
// a count is reached. It offers itself to the kernel before the server when memory runs out.
const hogScript = `echo 1000 >/proc/self/oom_score_adj
: >` + hogFile + `
n=0
while [ -e ` + hogFile + ` ] && [ $n -lt 6000 ]; do
	dd if=/dev/zero of=/dev/null bs=64M count=1 2>/dev/null
	n=$((n + 1))
	sleep 0.1
done
rm -f ` + hogFile

// squeezing is SqueezeMemory.
type squeezing struct {
	wound
	limit int64
	hits  uint64 // how often the limit had been met when the fault began
	hog   bool
}

func (s *squeezing) setUp(ctx context.Context) error {
	if err := s.wound.setUp(ctx); err != nil {
		return err
	}
	usage, hits, err := s.memory(ctx)
	if err != nil {
		return err
	}
	s.limit, s.hits = int64(usage)+headroom, hits
	if s.limit >= s.memoryLimit() {
		return fmt.Errorf("%s uses %d MiB, nearly all that it may already", s.target.name, usage>>20)
	}
	return nil
}

// inject lowers the limit and sends the hog in, if the image has what it needs. In an image
// without a shell only the service itself can ask for more.
func (s *squeezing) inject(ctx context.Context) error {
	if err := s.limitMemory(ctx, s.target, s.limit); err != nil {
		return err
	}
	if result, err := s.engine.exec(ctx, s.target.id, "dd", "--version"); err != nil || result.code != 0 {
		return nil //nolint:nilerr // there is no dd: the proof will say whether the limit was met
	}
	s.hog = true
	return s.engine.start(ctx, s.target.id, "/bin/sh", "-c", hogScript)
}

func (s *squeezing) proveBite(ctx context.Context) (string, error) {
	now, err := s.engine.inspect(ctx, s.target.id)
	if err != nil {
		return "", err
	}
	if !now.State.Running {
		if !now.State.OOMKilled {
			return "", fmt.Errorf("%s ended with exit code %d, not for want of memory", s.target.name, now.State.ExitCode)
		}
		return fmt.Sprintf("process %d ended for want of memory, limit %d MiB", s.before.State.Pid, s.limit>>20), nil
	}
	usage, hits, err := s.memory(ctx)
	if err != nil {
		return "", err
	}
	if hits <= s.hits {
		return "", fmt.Errorf("%s uses %d of %d MiB and has never asked for more", s.target.name, usage>>20, s.limit>>20)
	}
	return fmt.Sprintf("the limit of %d MiB was met %d times", s.limit>>20, hits-s.hits), nil
}

func (s *squeezing) recover(ctx context.Context) error {
	if s.hog {
		// If the container is dead, so is the hog, and if this fails, it ends after its count.
		_, _ = s.engine.exec(ctx, s.target.id, "rm", "-f", hogFile)
	}
	return s.wound.recover(ctx)
}

// memory returns what the container uses, in bytes, and how often its limit was met.
func (s *squeezing) memory(ctx context.Context) (usage, hits uint64, err error) {
	stats, err := s.engine.stats(ctx, s.target.id)
	if err != nil {
		return 0, 0, err
	}
	hits = stats.MemoryStats.Failcnt
	if events, err := s.engine.exec(ctx, s.target.id, "cat", "/sys/fs/cgroup/memory.events"); err == nil && events.code == 0 {
		hits = maxEvents(events.output)
	}
	return stats.MemoryStats.Usage, hits, nil
}

// maxEvents returns how often a control group's limit was met, as version 2 writes it; the
// engine knows the number for version 1 only.
func maxEvents(events string) uint64 {
	for line := range strings.Lines(events) {
		if number, ok := strings.CutPrefix(strings.TrimSpace(line), "max "); ok {
			n, _ := strconv.ParseUint(number, 10, 64)
			return n
		}
	}
	return 0
}

// stats returns the engine's figures of a container.
func (e engine) stats(ctx context.Context, id string) (*docker.Stats, error) {
	found := make(chan *docker.Stats, 1)
	err := bounded(ctx, func() error {
		return e.client.Stats(docker.StatsOptions{ID: id, Stats: found, Context: ctx})
	})
	if err != nil {
		return nil, fmt.Errorf("figures of a container: %w", err)
	}
	if stats := <-found; stats != nil {
		return stats, nil
	}
	return nil, errors.New("the engine has no figures of the container")
}
