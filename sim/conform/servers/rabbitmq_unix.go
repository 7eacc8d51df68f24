//go:build unix

package servers

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
)

// findRabbitMQ returns the folder with rabbitmq-server and rabbitmqctl, or "". Debian's
// /usr/sbin/rabbitmq-server is a wrapper that insists on the system's own node, so the
// script behind it comes first.
func findRabbitMQ() string {
	folders := []string{"/usr/lib/rabbitmq/bin", "/opt/homebrew/opt/rabbitmq/sbin", "/usr/local/opt/rabbitmq/sbin", "/opt/rabbitmq/sbin"}
	if script, err := exec.LookPath("rabbitmq-server"); err == nil {
		if resolved, err := filepath.EvalSymlinks(script); err == nil {
			folders = append(folders, filepath.Dir(resolved))
		}
	}
	for _, folder := range folders {
		if isFile(resolve(filepath.Join(folder, "rabbitmq-server"))) && isFile(resolve(filepath.Join(folder, "rabbitmqctl"))) {
			return folder
		}
	}
	return ""
}

func resolve(path string) string {
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		return resolved
	}
	return path
}

// rabbitProcess runs a node of its own name, with its own epmd, so that nothing of it
// outlives the process group.
func rabbitProcess(_ context.Context, bin string, port int) (host, error) {
	p, err := newProcess("squall-rabbitmq-", bin, "rabbitmq")
	if err != nil {
		return nil, err
	}
	if p.env, err = rabbitEnvironment(p.dir, port); err == nil {
		err = p.write("rabbitmq.conf", rabbitConfig)
	}
	if err == nil {
		err = p.write("enabled_plugins", "[rabbitmq_consistent_hash_exchange].\n")
	}
	if err == nil {
		err = p.write("env.conf", "")
	}
	p.program, p.args = "/bin/sh", []string{"-c", `epmd & exec "$0"`, filepath.Join(bin, "rabbitmq-server")}
	p.orderly = syscall.SIGTERM
	if err == nil {
		err = p.start()
	}
	if err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

// rabbitConfig keeps the write-ahead log of quorum queues small on disk.
const rabbitConfig = "raft.wal_max_size_bytes = 33554432\n"

func rabbitEnvironment(dir string, port int) ([]string, error) {
	distribution, err := freePort()
	if err != nil {
		return nil, err
	}
	epmd, err := freePort()
	if err != nil {
		return nil, err
	}
	in := func(name string) string { return filepath.Join(dir, name) }
	return []string{
		"HOME=" + dir, // the Erlang cookie
		"RABBITMQ_NODENAME=" + uniqueName("squall") + "@localhost",
		"RABBITMQ_NODE_IP_ADDRESS=127.0.0.1",
		"RABBITMQ_NODE_PORT=" + strconv.Itoa(port),
		"RABBITMQ_DIST_PORT=" + strconv.Itoa(distribution),
		"ERL_EPMD_ADDRESS=127.0.0.1",
		"ERL_EPMD_PORT=" + strconv.Itoa(epmd),
		"RABBITMQ_MNESIA_BASE=" + in("mnesia"),
		"RABBITMQ_LOG_BASE=" + in("log"),
		"RABBITMQ_PID_FILE=" + in("pid"),
		"RABBITMQ_SCHEMA_DIR=" + in("schema"),
		"RABBITMQ_GENERATED_CONFIG_DIR=" + in("config"),
		"RABBITMQ_CONFIG_FILE=" + in("rabbitmq.conf"),
		"RABBITMQ_CONF_ENV_FILE=" + in("env.conf"),
		"RABBITMQ_ENABLED_PLUGINS_FILE=" + in("enabled_plugins"),
		// Two schedulers that do not spin: test machines are small and shared.
		"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none",
	}, nil
}

// write puts a file into the server's directory, readable to its user.
func (p *process) write(name, content string) error {
	if err := os.WriteFile(filepath.Join(p.dir, name), []byte(content), 0o644); err != nil {
		return fmt.Errorf("prepare server: %w", err)
	}
	return nil
}
