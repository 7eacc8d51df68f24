package servers

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// findImage returns the image to run, or "" and what was tried. Images are pulled only
// if that was asked for, because tests must not surprise anybody with downloads.
func findImage(ctx context.Context, variable, official string) (image, tried string) {
	image = os.Getenv(variable)
	if image == "" {
		image = official
	}
	if _, err := docker(ctx, "version", "--format", "{{.Server.Version}}"); err != nil {
		return "", "Docker, which does not answer"
	}
	if _, err := docker(ctx, "image", "inspect", "--format", "{{.Id}}", image); err == nil {
		return image, ""
	}
	if os.Getenv("SQUALL_DOCKER_PULL") == "1" {
		if _, err := docker(ctx, "pull", "--quiet", image); err == nil {
			return image, ""
		}
	}
	return "", "Docker without the image " + image
}

func docker(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "docker", args...)
	cmd.WaitDelay = time.Second
	output, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("docker %s: %w: %s", args[0], err, strings.TrimSpace(string(output)))
	}
	return strings.TrimSpace(string(output)), nil
}

// container is a server that runs in Docker, on a fixed port of the loopback: a
// port chosen by Docker changes with a restart.
type container struct {
	name   string
	reaper *reaper
}

func postgresContainer(ctx context.Context, image string, port int) (host, error) {
	args := []string{
		"--publish", fmt.Sprintf("127.0.0.1:%d:5432", port),
		"--env", "POSTGRES_USER=squall", "--env", "POSTGRES_DB=postgres", "--env", "POSTGRES_HOST_AUTH_METHOD=trust",
		image, "postgres",
	}
	return newContainer(ctx, "squall-postgres-", append(args, postgresSettings()...)...)
}

func rabbitContainer(ctx context.Context, image string, port int) (host, error) {
	name := uniqueName("squall") // a fixed host name keeps the node's data over restarts
	return newContainer(ctx, "squall-rabbitmq-",
		"--publish", fmt.Sprintf("127.0.0.1:%d:5672", port), "--hostname", name, image)
}

func newContainer(ctx context.Context, prefix string, args ...string) (host, error) {
	name := uniqueName(prefix)
	reaper, err := newReaper("docker rm --force --volumes " + name + " >/dev/null 2>&1")
	if err != nil {
		return nil, err
	}
	c := &container{name, reaper}
	if _, err := docker(ctx, append([]string{"run", "--detach", "--name", name}, args...)...); err != nil {
		c.stop()
		return nil, err
	}
	return c, nil
}

func (c *container) restart(ctx context.Context, crash bool) error {
	how := []string{"stop"}
	if crash {
		how = []string{"kill"}
	}
	if _, err := docker(ctx, append(how, c.name)...); err != nil {
		return err
	}
	_, err := docker(ctx, "start", c.name)
	return err
}

func (c *container) run(ctx context.Context, program string, args ...string) (string, error) {
	return docker(ctx, append([]string{"exec", c.name, program}, args...)...)
}

func (c *container) ended() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopWait)
	defer cancel()
	running, err := docker(ctx, "inspect", "--format", "{{.State.Running}}", c.name)
	if err == nil && running == "true" {
		return nil
	}
	logs, _ := docker(ctx, "logs", "--tail", "20", c.name)
	return fmt.Errorf("container %s ended: %s", c.name, logs)
}

// stopWait bounds a question to Docker that has no context of a caller.
const stopWait = 20 * time.Second

func (c *container) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), stopWait)
	defer cancel()
	_, _ = docker(ctx, "rm", "--force", "--volumes", c.name)
	c.reaper.dismiss()
}
