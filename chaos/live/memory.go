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

// limitMin is the lowest limit that the engine accepts.
const limitMin = 6 << 20

// hogFile is there as long as the hog is to run.
const hogFile = "/dev/shm/squall-hog"

// hogScript asks for as much memory as the container may have ($1, in bytes), again and again,
// until its file is gone or a count is reached. The kernel takes away what it can, then ends
// the hog, which offers itself before the server.
const hogScript = `echo 1000 >/proc/self/oom_score_adj
: >` + hogFile + `
n=0
while [ -e ` + hogFile + ` ] && [ $n -lt 6000 ]; do
	dd if=/dev/zero of=/dev/null bs="$1" count=1 2>/dev/null
	n=$((n + 1))
	sleep 0.1
done
rm -f ` + hogFile

// squeezing is SqueezeMemory.
type squeezing struct {
	wound
	used  uint64 // when the fault began
	hits  uint64 // how often the limit had been met by then
	limit int64
	hog   bool // it is somebody else in the container who asks for more
}

func (s *squeezing) SetUp(ctx context.Context) error {
	if err := s.wound.SetUp(ctx); err != nil {
		return err
	}
	usage, hits, err := s.memory(ctx)
	if err != nil {
		return err
	}
	s.used, s.hits = usage, hits
	if int64(usage)+headroom >= s.memoryLimit() {
		return fmt.Errorf("%s uses %d MiB, nearly all that it may already", s.target.name, usage>>20)
	}
	return nil
}

// Inject lowers the limit and sends the hog in. In an image that has nothing to make a hog of,
// it takes away what the container uses, as much as the kernel can get back.
func (s *squeezing) Inject(ctx context.Context) error {
	result, err := s.engine.exec(ctx, s.target.id, "dd", "--version")
	if s.hog = err == nil && result.code == 0; !s.hog {
		return s.shrink(ctx)
	}
	s.limit = int64(s.used) + headroom
	if err := s.limitMemory(ctx, s.target, s.limit); err != nil {
		return err
	}
	return s.engine.start(ctx, s.target.id, "/bin/sh", "-c", hogScript, "hog", strconv.FormatInt(s.limit, 10))
}

// shrink sets the lowest limit, in steps of a twentieth of what is used, that the kernel
// accepts: version 1 of control groups refuses one that it cannot enforce, version 2 ends
// processes until it can.
func (s *squeezing) shrink(ctx context.Context) error {
	var err error
	for share := int64(75); share < 100; share += 5 {
		s.limit = max(int64(s.used)*share/100, limitMin)
		if err = s.limitMemory(ctx, s.target, s.limit); err == nil || ctx.Err() != nil {
			return err
		}
	}
	return err
}

func (s *squeezing) ProveBite(ctx context.Context) (string, error) {
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
	switch {
	case err != nil:
		return "", err
	case hits > s.hits:
		return fmt.Sprintf("the limit of %d KiB was met %d times", s.limit>>10, hits-s.hits), nil
	case int64(s.used) > s.limit && int64(usage) <= s.limit:
		return fmt.Sprintf("of %d KiB it uses now %d, at a limit of %d", s.used>>10, usage>>10, s.limit>>10), nil
	default:
		return "", fmt.Errorf("%s uses %d of %d KiB and has never asked for more", s.target.name, usage>>10, s.limit>>10)
	}
}

func (s *squeezing) Recover(ctx context.Context) error {
	if s.hog {
		// If the container is dead, so is the hog, and if this fails, it ends after its count.
		_, _ = s.engine.exec(ctx, s.target.id, "rm", "-f", hogFile)
	}
	return s.wound.Recover(ctx)
}

// memory returns what the container uses, in bytes, and how often its limit was met, as far as
// the kernel counts that: the engine's figures have the count of control groups version 1, which
// recent kernels leave at 0; the group's own files have it for both versions.
func (s *squeezing) memory(ctx context.Context) (usage, hits uint64, err error) {
	stats, err := s.engine.stats(ctx, s.target.id)
	if err != nil {
		return 0, 0, err
	}
	hits = stats.MemoryStats.Failcnt
	files, err := s.engine.exec(ctx, s.target.id, "cat", "/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control")
	if err == nil {
		hits += limitHits(files.output)
	}
	return stats.MemoryStats.Usage, hits, nil
}

// limitHits adds up how often a control group met its limit: in version 2 that is max of
// memory.events, in version 1 oom_kill of memory.oom_control. Both files have the line
// oom_kill, and a group that was at its limit counts in max first.
func limitHits(files string) (hits uint64) {
	for line := range strings.Lines(files) {
		word, number, _ := strings.Cut(strings.TrimSpace(line), " ")
		if n, err := strconv.ParseUint(number, 10, 64); err == nil && (word == "max" || word == "oom_kill") {
			hits += n
		}
	}
	return hits
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
