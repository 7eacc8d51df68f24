package live

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	docker "github.com/ory/dockertest/v3/docker"
)

// SaveLogs writes what each container has written so far, over all its starts, to a file
// NAME.log in dir.
func (e *Environment) SaveLogs(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("save logs: %w", err)
	}
	var failures []error
	for _, c := range e.all() {
		if err := e.saveLog(ctx, c, filepath.Join(dir, c.name+".log")); err != nil {
			failures = append(failures, fmt.Errorf("save log of %s: %w", c.name, err))
		}
	}
	return errors.Join(failures...)
}

func (e *Environment) saveLog(ctx context.Context, c *container, path string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	err = e.log(ctx, c, file, "all")
	return errors.Join(err, file.Close())
}

func (e *Environment) log(ctx context.Context, c *container, w io.Writer, tail string) error {
	ctx, cancel := context.WithTimeout(ctx, callMax)
	defer cancel()
	return e.engine.client.Logs(docker.LogsOptions{
		Container: c.id, OutputStream: w, ErrorStream: w, Stdout: true, Stderr: true, Timestamps: true, Tail: tail, Context: ctx,
	})
}

// lastLines returns the end of what a container wrote, for an error.
func (e *Environment) lastLines(ctx context.Context, c *container) string {
	var text strings.Builder
	if err := e.log(ctx, c, &text, "5"); err != nil {
		return "(" + err.Error() + ")"
	}
	return strings.TrimSpace(text.String())
}
