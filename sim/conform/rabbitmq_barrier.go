package conform

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/squallhq/squall/system/port"
)

// quiet lets everything happen that the calls so far cause, and takes the events. Where it is
// known what the queues will hold, one round is a look at whether they do: see causesNothing.
func (p *rabbitPlay) quiet(ctx context.Context, step *rabbitStep) error {
	if step.holds != "" && !p.veiled {
		return p.look(ctx, p.mortal || step.mortal())
	}
	if p.client.Quiet == nil {
		return p.barrier(ctx)
	}
	if err := p.client.Quiet(ctx); err != nil {
		return err
	}
	return p.collectAll(ctx)
}

// look is one round, or if what the queues hold must have been asked for after the last event,
// rounds until one brings none.
func (p *rabbitPlay) look(ctx context.Context, afterwards bool) error {
	for {
		before := p.brought()
		if _, err := p.round(ctx); err != nil || !afterwards || p.brought() == before {
			return err
		}
	}
}

// brought is how many events the step has brought so far.
func (p *rabbitPlay) brought() int {
	events := 0
	for _, channel := range p.channels {
		events += len(channel.events)
	}
	return events
}

func (p *rabbitPlay) collectAll(ctx context.Context) error {
	for _, channel := range p.channels {
		if err := p.collect(ctx, channel); err != nil {
			return fmt.Errorf("%s: %w", channel.label, err)
		}
	}
	return nil
}

// barrier makes a broker quiet by round trips, for a broker that cannot be asked.
//
// In RabbitMQ a channel and a queue are processes, and messages between two processes
// keep their order. So the answer to a passive declaration of a queue says that the
// queue has done what it was told before, and that its deliveries are in the mailboxes of the
// channels; and a round trip on a channel says that the channel has worked off what
// was in its mailbox. A quorum queue answers before it has written what it was told,
// hence rounds until two of them saw the same counts, no event came, and no confirm is
// open.
func (p *rabbitPlay) barrier(ctx context.Context) error {
	last := ""
	for range rabbitRounds {
		seen, err := p.round(ctx)
		if err != nil {
			return err
		}
		if seen == last && p.openConfirms() == 0 {
			return nil
		}
		last = seen
		if err := p.client.Clock.Sleep(ctx, rabbitPause); err != nil {
			return err
		}
	}
	return fmt.Errorf("the broker does not become quiet: %d confirms open, last seen %q", p.openConfirms(), last)
}

func (p *rabbitPlay) openConfirms() uint64 {
	open := uint64(0)
	for _, channel := range p.channels {
		if channel.connection != nil && !channel.connection.blocked {
			open += channel.published - channel.confirmed
		}
	}
	return open
}

// round is queues, then channels, then what both brought, as text to compare.
func (p *rabbitPlay) round(ctx context.Context) (string, error) {
	var seen strings.Builder
	for _, channel := range p.channels { // a blocked connection answers nothing
		if err := p.collectConnection(ctx, channel); err != nil {
			return "", err
		}
	}
	for _, queue := range p.queues {
		if err := p.count(ctx, &seen, queue); err != nil {
			return "", err
		}
	}
	p.holds = seen.String()
	for _, channel := range p.channels {
		if err := p.roundTrip(ctx, channel); err != nil {
			return "", err
		}
	}
	if err := p.collectAll(ctx); err != nil {
		return "", err
	}
	for _, channel := range p.channels {
		fmt.Fprintf(&seen, "%s %d ", channel.label, len(channel.events))
	}
	return seen.String(), nil
}

// count asks how many messages and consumers a queue has.
func (p *rabbitPlay) count(ctx context.Context, seen *strings.Builder, queue string) error {
	if seen.Len() > 0 {
		seen.WriteString(", ")
	}
	seen.WriteString(p.names.shown(queue))
	if p.gone[queue] {
		seen.WriteString(" gone")
		return nil
	}
	reply, err := p.askAbout(ctx, queue)
	var closed *port.CloseError
	switch {
	case err == nil:
		fmt.Fprintf(seen, " %d %d", reply.Messages, reply.Consumers)
		return nil
	case !errors.As(err, &closed):
		return err
	case closed.Code == 404:
		p.gone[queue] = true
		delete(p.owners, queue)
		seen.WriteString(" gone")
	default:
		fmt.Fprintf(seen, " %d", closed.Code)
	}
	return nil
}

// askAbout asks for the owner of an exclusive queue, or for the probe.
func (p *rabbitPlay) askAbout(ctx context.Context, queue string) (port.Reply, error) {
	passive := port.DeclareQueue{Name: queue, Passive: true}
	if owner := p.owners[queue]; owner != nil && !owner.ended && !owner.blocked {
		reply, err := p.askOn(ctx, &owner.probe, owner, passive)
		var closed *port.CloseError
		if !errors.As(err, &closed) || !closed.Connection {
			return reply, err
		}
		delete(p.owners, queue) // with its connection
	}
	return p.ask(ctx, passive)
}

func (p *rabbitPlay) roundTrip(ctx context.Context, channel *rabbitChannel) error {
	if channel.ended || channel.connection.blocked {
		return nil
	}
	_, err := channel.port.Do(ctx, port.DeclareExchange{Name: "amq.direct", Kind: "direct", Passive: true})
	if errors.Is(err, port.ErrClosed) {
		return nil // its events say so
	}
	return err
}

// ask runs a method on the probe's channel, where a refusal does no harm: the queue may
// be gone, or exclusive to a connection of the case.
func (p *rabbitPlay) ask(ctx context.Context, method port.Method) (port.Reply, error) {
	var on *rabbitConnection
	if p.probe != nil {
		on = p.probe.connection
	}
	return p.askOn(ctx, &p.probe, on, method)
}

func (p *rabbitPlay) askOn(ctx context.Context, probe **rabbitChannel, on *rabbitConnection, method port.Method) (port.Reply, error) {
	if *probe == nil {
		*probe = &rabbitChannel{label: "probe", ended: true}
	}
	if (*probe).ended {
		if err := p.open(ctx, *probe, on); err != nil {
			return port.Reply{}, err
		}
	}
	reply, err := (*probe).port.Do(ctx, method)
	if errors.Is(err, port.ErrClosed) {
		(*probe).ended = true
	}
	return reply, err
}

// clean removes what the case declared and closes its connections. Its errors do not
// matter: the case has been judged.
func (p *rabbitPlay) clean(ctx context.Context) {
	if p.alarm {
		_ = p.client.Alarm(ctx, false)
	}
	if p.hasty {
		_ = p.client.AckTimeout(ctx, 30*time.Minute, time.Minute)
	}
	for _, connection := range p.connections {
		if p.probe == nil || connection != p.probe.connection {
			_ = connection.port.Close(ctx)
		}
	}
	for _, queue := range p.queues {
		_, _ = p.ask(ctx, port.DeleteQueue{Name: queue})
	}
	for _, exchange := range p.exchanges {
		if exchange != "" && !strings.HasPrefix(exchange, "amq.") {
			_, _ = p.ask(ctx, port.DeleteExchange{Name: exchange})
		}
	}
	if p.probe != nil && p.probe.connection != nil {
		_ = p.probe.connection.port.Close(ctx)
	}
}
