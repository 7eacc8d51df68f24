package flow

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/squallhq/squall/system/port"
)

// publisher owns a connection that only publishes: the broker may stop reading from
// publishers, and acknowledgements must not wait behind that. It connects again whenever
// the connection or the channel ends, for as long as run runs.
type publisher struct {
	ports   Ports
	name    string
	timeout time.Duration

	monitor port.Monitor // guards what follows
	channel port.Channel // nil while there is none
	open    []*publish   // in the order of their tags
}

// publish is one message on its way.
type publish struct {
	tag      uint64
	id       string
	outcome  port.Outcome
	returned bool
	settled  bool
}

func newPublisher(ports Ports, name string, timeout time.Duration) *publisher {
	return &publisher{ports: ports, name: name, timeout: timeout, monitor: ports.Runtime.NewMonitor()}
}

// run keeps the publisher connected until ctx ends.
func (p *publisher) run(ctx context.Context) error {
	ctx = port.WithOp(ctx, port.Op{Name: "publisher"})
	link := link{ports: p.ports, name: p.name + " publisher", declare: publisherFabric(p.name)}
	return link.keep(ctx, p.timeout, p.serve)
}

// serve lets others publish on channel and settles what comes back, until it ends.
func (p *publisher) serve(ctx context.Context, channel port.Channel) error {
	if err := p.attach(ctx, channel); err != nil {
		return err
	}
	defer p.detach(context.WithoutCancel(ctx), channel)
	for {
		happened, err := channel.Next(ctx)
		if err != nil {
			return err
		}
		if err := p.observe(ctx, happened); err != nil {
			return err
		}
	}
}

func (p *publisher) attach(ctx context.Context, channel port.Channel) error {
	if err := p.monitor.Enter(ctx); err != nil {
		return err
	}
	defer p.monitor.Exit()
	p.channel, p.open = channel, nil
	p.monitor.Notify()
	return nil
}

// detach leaves what is still open with the outcome Unknown.
func (p *publisher) detach(ctx context.Context, channel port.Channel) {
	if p.monitor.Enter(ctx) != nil {
		return
	}
	defer p.monitor.Exit()
	if p.channel == channel {
		p.channel, p.open = nil, nil
	}
	p.monitor.Notify()
}

func (p *publisher) observe(ctx context.Context, happened port.Event) error {
	if err := p.monitor.Enter(ctx); err != nil {
		return err
	}
	defer p.monitor.Exit()
	switch happened := happened.(type) {
	case port.Confirmed:
		p.settle(happened)
	case port.Returned:
		p.returned(happened.MessageID)
	case port.Closed:
		return closedError(happened)
	}
	return nil
}

func (p *publisher) settle(confirmed port.Confirmed) {
	i := slices.IndexFunc(p.open, func(m *publish) bool { return m.tag == confirmed.Tag })
	if i < 0 {
		return
	}
	message := p.open[i]
	p.open = slices.Delete(p.open, i, i+1)
	message.settled, message.outcome = true, confirmed.Outcome
	if message.returned && message.outcome == port.Done {
		// The broker is done with it, and no queue has it.
		message.outcome = port.NotDone
	}
	p.monitor.Notify()
}

// returned marks the message that no queue took. Its confirm is still to come.
func (p *publisher) returned(id string) {
	p.ports.Count("message_returned")
	for _, message := range p.open {
		if message.id == id {
			message.returned = true
		}
	}
}

// publish sends messages and returns the outcome of each, waiting for them up to the
// publisher's time-out. After that, or when the channel ends, they are Unknown, and a
// channel that owes answers is closed.
func (p *publisher) publish(ctx context.Context, messages []port.Publishing) []port.Outcome {
	ctx, cancel := p.ports.Runtime.WithTimeout(ctx, p.timeout)
	defer cancel()
	outcomes := make([]port.Outcome, len(messages))
	for i := range outcomes {
		outcomes[i] = port.NotDone
	}
	channel, sent := p.send(ctx, messages)
	if !p.await(ctx, channel, sent) {
		p.giveUp(context.WithoutCancel(ctx), channel)
	}
	for i, message := range sent {
		if outcomes[i] = message.outcome; message.outcome == port.Unknown {
			p.ports.Count("publish_unknown")
		}
	}
	return outcomes
}

// giveUp closes a channel that owes answers, so that run opens another. One task of those
// that wait does it, for the time-out at the longest: the broker may be silent altogether.
func (p *publisher) giveUp(ctx context.Context, channel port.Channel) {
	if p.monitor.Enter(ctx) != nil {
		return
	}
	current := p.channel == channel
	if current {
		p.channel, p.open = nil, nil
		p.monitor.Notify()
	}
	p.monitor.Exit()
	if !current {
		return
	}
	ctx, cancel := p.ports.Runtime.WithTimeout(ctx, p.timeout)
	defer cancel()
	_ = channel.Close(ctx)
}

// send publishes on the current channel, waiting for one, and returns what it sent: of
// what comes after it nothing was sent.
func (p *publisher) send(ctx context.Context, messages []port.Publishing) (port.Channel, []*publish) {
	if err := p.monitor.Enter(ctx); err != nil {
		return nil, nil
	}
	defer p.monitor.Exit()
	for p.channel == nil {
		if err := p.monitor.Wait(ctx); err != nil {
			return nil, nil
		}
	}
	channel := p.channel
	var sent []*publish
	for _, message := range messages {
		tag, err := channel.Publish(ctx, message)
		if tag == 0 {
			break
		}
		on := &publish{tag: tag, id: message.MessageID}
		sent = append(sent, on)
		if err == nil && p.channel == channel {
			p.open = append(p.open, on)
		}
	}
	return channel, sent
}

// await blocks until every message is settled or the channel has gone. It returns false if
// ctx ended first.
func (p *publisher) await(ctx context.Context, channel port.Channel, sent []*publish) bool {
	if len(sent) == 0 {
		return true
	}
	if p.monitor.Enter(ctx) != nil {
		return false
	}
	defer p.monitor.Exit()
	for p.channel == channel && !allSettled(sent) {
		if err := p.monitor.Wait(ctx); err != nil {
			return errors.Is(err, context.Canceled)
		}
	}
	return true
}

func allSettled(sent []*publish) bool {
	for _, message := range sent {
		if !message.settled {
			return false
		}
	}
	return true
}
