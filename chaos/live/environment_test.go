package live_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/chaos/live"
)

// orphan starts a run, leaves a fault in force, and waits to be killed.
func orphan(name string) {
	e, err := live.Open(context.Background(), live.Config{
		Name: name, PostgresImage: os.Getenv("SQUALL_POSTGRES_IMAGE"), DiskMiB: 256, MemoryMiB: 512,
	})
	if err == nil {
		err = e.StartDatabase(context.Background())
	}
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	fault, _ := chaos.Parse("pause container database at 0s for 1h")
	go e.Do(context.Background(), fault.(chaos.ContainerFault))
	for docker("ps", "--quiet", "--filter", "status=paused", "--filter", "label=squall="+name) == "" {
	}
	fmt.Println("paused")
	select {}
}

// labelled returns everything that the docker command finds of a run.
func labelled(run string) string {
	filter := "label=squall=" + run
	return strings.TrimSpace(docker("ps", "--all", "--quiet", "--filter", filter) + "\n" +
		docker("network", "ls", "--quiet", "--filter", filter) + "\n" +
		docker("volume", "ls", "--quiet", "--filter", filter))
}

// TestSweep kills a run in the middle of a fault, and expects the next one to remove what it
// left, but nothing of a run that is under way.
func TestSweep(t *testing.T) {
	e := environment(t)
	name := "orphan-of-" + e.Name()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), orphanVariable+"="+name, "SQUALL_POSTGRES_IMAGE="+findImages(t).postgres)
	output, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(output).ReadString('\n')
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if line != "paused\n" {
		t.Fatalf("the run printed %q", line)
	}
	left := strings.Fields(labelled(name))
	if len(left) != 4 {
		t.Errorf("the killed run left %q, not two containers, a network and a volume", left)
	}
	before := labelled(e.Name())
	next, err := live.Open(t.Context(), live.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if left := labelled(name); left != "" {
		t.Errorf("still there: %s", left)
	}
	if after := labelled(e.Name()); after != before {
		t.Errorf("of the run under way there was\n%s\nand is\n%s", before, after)
	}
	if labelled(next.Name()) == "" {
		t.Error("the new run has no network of its own")
	}
	if err := next.Close(); err != nil {
		t.Error(err)
	}
	if left := labelled(next.Name()); left != "" {
		t.Errorf("Close has left %s", left)
	}
	locks, err := filepath.Glob(filepath.Join(os.TempDir(), "squall-"+name+"*"))
	if err != nil || len(locks) > 0 {
		t.Errorf("locks are left: %q, %v", locks, err)
	}
}

// TestRemoteEngine: engines elsewhere are refused by name, before anything is asked of them.
func TestRemoteEngine(t *testing.T) {
	for host, shown := range map[string]string{
		"tcp://build.example:2375":          "tcp://build.example:2375",
		"tcp://127.0.0.1:2375":              "tcp://127.0.0.1:2375",
		"ssh://ann:secret@build.example":    "ssh://ann:xxxxx@build.example",
		"https://build.example:2376":        "https://build.example:2376",
		"build.example:2375":                "build.example:2375",
		"unixx:///var/run/docker.sock":      "unixx:///var/run/docker.sock",
		"fd://":                             "fd:",
		"http://%zz":                        "not an address",
		"tcp://user@unix:///var/run/docker": "tcp://user@unix:///var/run/docker",
	} {
		t.Setenv("DOCKER_HOST", host)
		_, err := live.Open(t.Context(), live.Config{})
		if !errors.Is(err, live.ErrNotLocal) || !strings.Contains(err.Error(), "DOCKER_HOST is "+shown) {
			t.Errorf("%s: the error is %v", host, err)
		}
	}
	t.Setenv("DOCKER_HOST", "unix://"+filepath.Join(t.TempDir(), "no.sock"))
	if _, err := live.Open(t.Context(), live.Config{}); !errors.Is(err, live.ErrNoEngine) || errors.Is(err, live.ErrNotLocal) {
		t.Errorf("without an engine the error is %v", err)
	}
}

// TestLoopbackOnly: what is published is published on the loopback, and what containers reach
// of this process is no address of another machine's.
func TestLoopbackOnly(t *testing.T) {
	e := environment(t)
	for name, address := range map[string]func(context.Context) (string, error){
		"database": e.DatabaseAddr, "broker": e.BrokerAddr, "management": e.ManagementAddr,
	} {
		at, err := address(t.Context())
		if err != nil || !strings.HasPrefix(at, "127.0.0.1:") {
			t.Errorf("%s is at %s, %v", name, at, err)
		}
	}
	if ip := net.ParseIP(e.ListenHost()); ip == nil || !ip.IsPrivate() && !ip.IsLoopback() {
		t.Errorf("proxies would listen at %s", e.ListenHost())
	}
	ports := docker("ps", "--filter", "label=squall="+e.Name(), "--format", "{{.Ports}}")
	if strings.Contains(ports, "0.0.0.0") || strings.Contains(ports, ":::") || !strings.Contains(ports, "127.0.0.1") {
		t.Errorf("published are %s", ports)
	}
}

// TestService: replicas answer, through the forwarders they reach both servers, and what they
// write can be kept.
func TestService(t *testing.T) {
	e := environment(t)
	urls, err := e.ServiceURLs(t.Context(), "order")
	if err != nil || len(urls) != 2 {
		t.Fatalf("order is at %v, %v", urls, err)
	}
	for _, url := range urls {
		response, err := http.Get(url + "/healthz")
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if string(text) != "ok\n" {
			t.Errorf("%s/healthz answers %s %q", url, response.Status, text)
		}
	}
	if queues, err := e.RabbitMQCtl(t.Context(), "list_queues", "name"); err != nil || !strings.Contains(queues, "order") {
		t.Errorf("the broker has the queues %q, %v", queues, err)
	}
	dir := t.TempDir()
	if err := e.SaveLogs(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"database": "ready to accept connections", "broker": "started TCP listener", "order-2": "listening"} {
		text, err := os.ReadFile(filepath.Join(dir, name+".log"))
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("the log of %s lacks %q: %v, %d bytes", name, want, err, len(text))
		}
	}
	if output, err := exec.Command("docker", "exec", "squall-"+e.Name()+"-order-1", "/service", "health").CombinedOutput(); err != nil {
		t.Errorf("the image's health check: %v: %s", err, output)
	}
	if user := docker("inspect", "--format", "{{.Config.User}}", "squall-"+e.Name()+"-order-1"); user == "" || strings.HasPrefix(user, "0") {
		t.Errorf("order runs as user %q", user)
	}
}

// TestErrImage: an image that is nowhere is named, with the way to build one.
func TestErrImage(t *testing.T) {
	e := environment(t)
	err := e.StartService(t.Context(), live.Service{Name: "ghost", Image: "squall-ghost:none", Replicas: 1})
	if err == nil || !strings.Contains(err.Error(), "squall-ghost:none") || !strings.Contains(err.Error(), "build.sh") {
		t.Errorf("the error is %v", err)
	}
}
