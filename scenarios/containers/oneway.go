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

// The bounds of a one-way cut's life, its own time apart.
const (
	quietFor  = time.Second      // in which nothing must be carried, to prove that a cut bites
	cutMax    = 10 * time.Second // to prove it
	mendMax   = time.Minute      // to prove that it is over
	probeMax  = time.Second      // for an answer through a proxy
	probePace = 200 * time.Millisecond
)

// blow leads the faults of containers through their lives, each at its time since begun, and returns
// their records in the same order. Cuts in one direction are the proxies', the others the engine's.
func (r *run) blow(ctx context.Context, begun time.Time) []live.Record {
	records := make([]live.Record, len(r.faults))
	var all sync.WaitGroup
	for i, fault := range r.faults {
		all.Go(func() {
			switch f := fault.(type) {
			case chaos.CutRequests:
				records[i] = r.cutOneWay(ctx, begun, f, wire.ToServer)
			case chaos.CutAnswers:
				records[i] = r.cutOneWay(ctx, begun, f, wire.ToClient)
			default:
				records[i] = r.environment.Run(ctx, begun, []chaos.ContainerFault{fault})[0]
			}
		})
	}
	all.Wait()
	return records
}

// cutOneWay cuts one direction between a service and its servers for the fault's time, from the proof
// that it bites on. When ctx ends the cut is mended all the same.
func (r *run) cutOneWay(ctx context.Context, begun time.Time, fault chaos.ContainerFault, d wire.Direction) live.Record {
	record := live.Record{Fault: chaos.Sentence{Fault: fault}}
	select {
	case <-ctx.Done():
		record.Error = "not injected: the run ended before its time"
		return record
	case <-time.After(time.Until(begun.Add(fault.Starts()))):
	}
	r.progress(fault.String())
	proxies := r.proxies[fault.On()]
	record.Injected = time.Now()
	var mends []func()
	for _, proxy := range proxies {
		mends = append(mends, proxy.Cut(d))
	}
	var failure error
	record.Proof, failure = proveCut(ctx, proxies, d)
	if failure == nil {
		record.Proven = time.Now()
		select {
		case <-ctx.Done():
			failure = errors.New("cut short")
		case <-time.After(fault.Lasts()):
		}
	}
	record.Recovering = time.Now()
	for _, mend := range mends {
		mend()
	}
	if err := proveMended(context.WithoutCancel(ctx), proxies); err != nil {
		failure = errors.Join(failure, err)
	} else {
		record.Recovered, record.Recovery = time.Now(), "through every proxy of the service its server answers"
	}
	if failure != nil {
		record.Error = failure.Error()
	}
	return record
}

// proveCut proves that nothing is carried in a direction, and that nobody new has an answer. What was
// on its way when the cut began may still arrive, so it looks again for a while.
func proveCut(ctx context.Context, proxies []*wire.Proxy, d wire.Direction) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, cutMax)
	defer cancel()
	for {
		before := carriedBy(proxies)
		answered := probe(ctx, proxies)
		time.Sleep(quietFor - probeMax/2)
		after := carriedBy(proxies)
		if after[d] == before[d] && answered == 0 {
			return fmt.Sprintf("in a second nothing was carried %v, %d bytes in the other direction; a new connection had no answer",
				d, after[1-d]-before[1-d]), nil
		}
		if ctx.Err() != nil {
			return "", fmt.Errorf("not proven that it bit: %d bytes were carried %v, %d new connections were answered", after[d]-before[d], d, answered)
		}
	}
}

func proveMended(ctx context.Context, proxies []*wire.Proxy) error {
	ctx, cancel := context.WithTimeout(ctx, mendMax)
	defer cancel()
	for {
		answered := probe(ctx, proxies)
		if answered == len(proxies) {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("not proven that it recovered: %d of %d proxies answer", answered, len(proxies))
		}
		time.Sleep(probePace)
	}
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
