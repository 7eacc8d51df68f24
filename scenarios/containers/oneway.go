package containers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/chaos/live"
	"github.com/squallhq/squall/chaos/wire"
)

const (
	quietFor = 500 * time.Millisecond // after a probe, in which nothing must be carried either
	probeMax = time.Second            // for an answer through a proxy
)

// oneWay is a cut in one direction between a service and its servers, which the proxies bring about.
type oneWay struct {
	proxies   []*wire.Proxy
	direction wire.Direction
	mends     []func()
}

// otherInjury returns the faults that are the proxies', and nil for the engine's.
func (s *shop) otherInjury(fault chaos.ContainerFault) live.Injury {
	switch fault.(type) {
	case chaos.CutRequests:
		return &oneWay{proxies: s.proxies[fault.On()], direction: wire.ToServer}
	case chaos.CutAnswers:
		return &oneWay{proxies: s.proxies[fault.On()], direction: wire.ToClient}
	default:
		return nil
	}
}

// Claim takes nothing: cuts of a service may overlap each other and every other fault.
func (o *oneWay) Claim() func() { return func() {} }

// SetUp looks at nothing: a server that is down does not answer after the cut either, and the proof
// of recovery waits for it.
func (o *oneWay) SetUp(context.Context) error {
	if len(o.proxies) == 0 {
		return errors.New("there is no such service")
	}
	return nil
}

// Inject cuts.
func (o *oneWay) Inject(context.Context) error {
	for _, proxy := range o.proxies {
		o.mends = append(o.mends, proxy.Cut(o.direction))
	}
	return nil
}

// ProveBite proves that nothing is carried in the direction, and that nobody new has an answer. What was
// on its way when the cut began may still arrive.
func (o *oneWay) ProveBite(ctx context.Context) (string, error) {
	before := carriedBy(o.proxies)
	answered := probe(ctx, o.proxies)
	time.Sleep(quietFor)
	after := carriedBy(o.proxies)
	d := o.direction
	if after[d] != before[d] || answered > 0 {
		return "", fmt.Errorf("%d bytes were carried %v, %d new connections were answered", after[d]-before[d], d, answered)
	}
	return fmt.Sprintf("in a second nothing was carried %v, %d bytes in the other direction; a new connection had no answer",
		d, after[1-d]-before[1-d]), nil
}

// Recover mends. It may be called again.
func (o *oneWay) Recover(context.Context) error {
	for _, mend := range o.mends {
		mend()
	}
	return nil
}

// ProveRecovery asks every server through its proxy.
func (o *oneWay) ProveRecovery(ctx context.Context) (string, error) {
	if answered := probe(ctx, o.proxies); answered < len(o.proxies) {
		return "", fmt.Errorf("through %d of %d proxies the server answers", answered, len(o.proxies))
	}
	return "through every proxy of the service its server answers", nil
}

// carriedBy returns how many bytes proxies have carried, by direction.
func carriedBy(proxies []*wire.Proxy) (bytes [2]int64) {
	for _, proxy := range proxies {
		stats := proxy.Stats()
		bytes[wire.ToServer] += stats.BytesToServer
		bytes[wire.ToClient] += stats.BytesToClient
	}
	return bytes
}

// probe connects through each proxy, says what its protocol begins with, and counts those of whom an
// answer comes within probeMax.
func probe(ctx context.Context, proxies []*wire.Proxy) int {
	ctx, cancel := context.WithTimeout(ctx, probeMax)
	defer cancel()
	var asking sync.WaitGroup
	answers := make(chan bool, len(proxies))
	for _, proxy := range proxies {
		asking.Go(func() { answers <- answersTo(ctx, proxy) })
	}
	asking.Wait()
	answered := 0
	for range proxies {
		if <-answers {
			answered++
		}
	}
	return answered
}

// greetings are how a client begins, after which its server says something: the protocol header of
// AMQP 0-9-1 (2.2.4), and PostgreSQL's question whether there is TLS (manual, 55.7, SSLRequest).
var greetings = map[wire.Protocol]string{
	wire.AMQP:       "AMQP\x00\x00\x09\x01",
	wire.PostgreSQL: "\x00\x00\x00\x08\x04\xd2\x16\x2f",
}

func answersTo(ctx context.Context, proxy *wire.Proxy) bool {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", proxy.Addr())
	if err != nil {
		return false
	}
	defer conn.Close()
	deadline, _ := ctx.Deadline()
	if conn.SetDeadline(deadline) != nil {
		return false
	}
	if _, err := conn.Write([]byte(greetings[proxy.Protocol()])); err != nil {
		return false
	}
	n, _ := conn.Read(make([]byte, 1))
	return n == 1
}
