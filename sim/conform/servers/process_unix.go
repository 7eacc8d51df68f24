//go:build unix

package servers

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// stopTimeout is how long a server may take to stop in order before it is killed.
const stopTimeout = 15 * time.Second

// process is a server that runs as a child in a process group of its own.
type process struct {
	dir        string // removed with the server
	bin        string // where the installation's programs are
	credential *syscall.Credential
	env        []string
	program    string
	args       []string
	orderly    syscall.Signal

	cmd    *exec.Cmd
	done   chan struct{}
	reaper *reaper
}

// newProcess makes the server's directory, owned by the user that will run it.
// Servers refuse to run as root, so root runs them as the first of the users that exists.
func newProcess(name, bin string, users ...string) (*process, error) {
	dir, err := os.MkdirTemp("", name)
	if err != nil {
		return nil, err
	}
	p := &process{dir: dir, bin: bin}
	if os.Geteuid() == 0 {
		p.credential, err = firstUser(append(users, "nobody"))
	}
	if err == nil && p.credential != nil {
		err = os.Chown(dir, int(p.credential.Uid), int(p.credential.Gid))
	}
	if err != nil {
		_ = os.RemoveAll(dir)
		return nil, err
	}
	return p, nil
}

func firstUser(names []string) (*syscall.Credential, error) {
	for _, name := range names {
		account, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errUID := strconv.ParseUint(account.Uid, 10, 32)
		gid, errGID := strconv.ParseUint(account.Gid, 10, 32)
		if errUID == nil && errGID == nil {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
		}
	}
	return nil, fmt.Errorf("no unprivileged user among %s", strings.Join(names, ", "))
}

// start runs the server, with its output in a file, and a reaper beside it.
func (p *process) start() error {
	output, err := os.OpenFile(p.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer output.Close()
	cmd := exec.Command(p.program, p.args...)
	cmd.Dir, cmd.Env = p.dir, p.environment()
	cmd.Stdout, cmd.Stderr = output, output
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: p.credential}
	if err := cmd.Start(); err != nil {
		return err
	}
	p.cmd, p.done = cmd, make(chan struct{})
	go func(done chan struct{}) {
		_ = cmd.Wait()
		close(done)
	}(p.done)
	p.reaper, err = newReaper(fmt.Sprintf("kill -KILL -%d", cmd.Process.Pid), "rm -rf "+quote(p.dir))
	if err != nil {
		p.signal(syscall.SIGKILL)
	}
	return err
}

func (p *process) environment() []string { return append(os.Environ(), p.env...) }

func (p *process) logFile() string { return filepath.Join(p.dir, "output.log") }

// signal goes to the whole group for a kill, and to the server alone otherwise.
func (p *process) signal(signal syscall.Signal) {
	pid := p.cmd.Process.Pid
	if signal == syscall.SIGKILL {
		pid = -pid
	}
	_ = syscall.Kill(pid, signal)
}

// end ends the server, killing it when it does not stop in order.
func (p *process) end(first syscall.Signal) {
	p.signal(first)
	select {
	case <-p.done:
	case <-time.After(stopTimeout):
	}
	p.signal(syscall.SIGKILL)
	<-p.done
}

func (p *process) restart(_ context.Context, crash bool) error {
	signal := p.orderly
	if crash {
		signal = syscall.SIGKILL
	}
	p.end(signal)
	p.reaper.dismiss()
	return p.start()
}

func (p *process) stop() {
	if p.cmd != nil && p.reaper != nil {
		p.end(p.orderly)
		p.reaper.dismiss()
	}
	_ = os.RemoveAll(p.dir)
}

func (p *process) ended() error {
	select {
	case <-p.done:
		output, _ := os.ReadFile(p.logFile())
		return fmt.Errorf("%s ended: %s", p.program, tail(output))
	default:
		return nil
	}
}

func (p *process) run(ctx context.Context, program string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(p.bin, program), args...)
	cmd.Dir, cmd.Env = p.dir, p.environment()
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.credential}
	output, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%s: %w: %s", program, err, tail(output))
	}
	return string(output), err
}

// tail returns the end of a program's output, where the reason stands.
func tail(output []byte) string {
	const most = 2000
	if len(output) > most {
		output = output[len(output)-most:]
	}
	return strings.TrimSpace(string(output))
}

// reaper is a shell that cleans up after this process, when this process cannot.
type reaper struct {
	cmd  *exec.Cmd
	pipe io.WriteCloser
}

// newReaper starts a shell that runs the commands when this process ends.
func newReaper(commands ...string) (*reaper, error) {
	script := "cat >/dev/null; " + strings.Join(commands, "; ")
	cmd := exec.Command("/bin/sh", "-c", script)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // out of reach of a terminal's Ctrl-C
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	return &reaper{cmd, pipe}, cmd.Start()
}

// dismiss ends the reaper without its commands.
func (r *reaper) dismiss() {
	_ = syscall.Kill(-r.cmd.Process.Pid, syscall.SIGKILL)
	_ = r.cmd.Wait()
	_ = r.pipe.Close()
}

// quote makes text one word of a shell command.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
