package reproduce

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/squallhq/squall/scenarios/mutants"
	"github.com/squallhq/squall/system/event"
)

// build builds the services' images with a tag, of the sources as they are.
func (l *Lab) build(ctx context.Context, tag string) error {
	return l.script(ctx, tag, "TAG="+tag)
}

// plant builds images with a tag for a patch, which lies as an overlay in a folder: of the
// services that it changes. The others are clean ones.
func (l *Lab) plant(ctx context.Context, tag, dir string, overlay *mutants.Overlay) error {
	list, err := filepath.Abs(filepath.Join(dir, mutants.OverlayFile))
	if err != nil {
		return fmt.Errorf("build images: %w", err)
	}
	var changed []string
	for _, service := range event.Services() {
		touched, err := l.touches(ctx, overlay, service)
		if err != nil {
			return err
		}
		if touched {
			changed = append(changed, service)
			continue
		}
		if err := l.docker(ctx, "tag", image(service, cleanTag), image(service, tag)); err != nil {
			return err
		}
	}
	flags := strings.TrimSpace(os.Getenv("GOFLAGS") + " -overlay=" + list)
	return l.script(ctx, tag, "TAG="+tag, "GOFLAGS="+flags, "SERVICES="+strings.Join(changed, " "))
}

// touches says whether a service is built from what an overlay changes.
func (l *Lab) touches(ctx context.Context, overlay *mutants.Overlay, service string) (bool, error) {
	command := exec.CommandContext(ctx, "go", "list", "-deps", "-f", "{{.Dir}}", "./system/cmd/"+service)
	command.Dir = l.Root
	output, err := command.Output()
	if err != nil {
		return false, fmt.Errorf("what the %s service consists of: %w", service, err)
	}
	folders := strings.Fields(string(output))
	return slices.ContainsFunc(overlay.Paths(), func(path string) bool {
		return slices.Contains(folders, filepath.Dir(filepath.Join(l.Root, filepath.FromSlash(path))))
	}), nil
}

// script runs the script that builds images. One runs at a time.
func (l *Lab) script(ctx context.Context, tag string, env ...string) error {
	l.building.Lock()
	defer l.building.Unlock()
	l.progress(tag, "building the images")
	script := exec.CommandContext(ctx, filepath.Join(l.Root, "chaos", "live", "images", "build.sh"), "services")
	script.Env = append(l.environ(), env...)
	if output, err := script.CombinedOutput(); err != nil {
		return fmt.Errorf("build images %s: %w\n%s", tag, err, strings.TrimSpace(string(output)))
	}
	return nil
}

func image(service, tag string) string { return "squall-" + service + ":" + tag }

func (l *Lab) docker(ctx context.Context, args ...string) error {
	command := exec.CommandContext(ctx, "docker", args...)
	command.Env = l.environ()
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("docker %s: %w\n%s", strings.Join(args, " "), err, strings.TrimSpace(string(output)))
	}
	return nil
}

// environ is the environment of commands that use the engine. Docker's own command would follow
// its contexts, perhaps to another machine; DOCKER_HOST overrules them.
func (l *Lab) environ() []string { return append(os.Environ(), "DOCKER_HOST="+l.endpoint) }

// removeMax bounds the removal of images.
const removeMax = time.Minute

// remove removes the images with a tag, also when the work was given up.
func (l *Lab) remove(tag string) error {
	ctx, cancel := context.WithTimeout(context.Background(), removeMax)
	defer cancel()
	args := []string{"image", "rm", "--force"}
	for _, service := range event.Services() {
		args = append(args, image(service, tag))
	}
	return l.docker(ctx, args...)
}
