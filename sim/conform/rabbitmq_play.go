package conform

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/squallhq/squall/system/port"
)

const (
	rabbitPatience = 8 * time.Second      // how long an expected event may take
	rabbitPause    = 4 * time.Millisecond // between two looks
	rabbitRounds   = 500                  // of the barrier, before it gives up

	rabbitScriptLimit = 5 * time.Minute // of a random script: one that hangs is red
)

// rabbitPlay is one case being played.
type rabbitPlay struct {
	client      RabbitClient
	names       rabbitNames
	channels    []*rabbitChannel
	connections []*rabbitConnection
	probe       *rabbitChannel // of a connection of its own, for the barrier and the cleaning
	queues      []string
	exchanges   []string
	patience    time.Duration
	gone        map[string]bool              // queues that are not there
	owners      map[string]*rabbitConnection // of exclusive queues, which others may not ask about
	holds       string                       // what the queues held in the last round
	alarm       bool                         // publishers are blocked
	hasty       bool                         // the timeout for acknowledgements is not the default
	direct      bool                         // no connection is ever cut
	veiled      bool                         // see RabbitCase.veiled
	mortal      bool                         // see RabbitCase.mortal
	lockstep    bool                         // another broker has told what each step brings, see quiet
}

type rabbitConnection struct {
	name    string
	port    port.Connection
	owner   string // the channel that it was opened for and that shows its events
	blocked bool   // the broker does not read from it
	ended   bool
	probe   *rabbitChannel // asks about queues that are exclusive to the connection
}

type rabbitChannel struct {
	label      string
	connection *rabbitConnection
	port       port.Channel
	published  uint64
	confirmed  uint64
	ended      bool          // Closed came
	events     []port.Event  // of the current step
	delivered  port.Delivery // the last one, for republish
}

func playRabbit(ctx context.Context, client RabbitClient, c *RabbitCase, patience time.Duration) error {
	play := newRabbitPlay(client)
	play.patience, play.direct, play.lockstep = patience, !c.cuts(), c.lockstep
	play.veiled, play.mortal = c.veiled(), c.mortal()
	defer play.clean(ctx)
	if c.lockstep {
		limited, cancel := client.Clock.WithTimeout(ctx, rabbitScriptLimit)
		defer cancel()
		ctx = limited
	}
	for i := range c.steps {
		step := &c.steps[i]
		got, err := play.step(ctx, step, 0)
		if err != nil {
			return fmt.Errorf("%s:%d: %s: %w", c.file, step.line, step.text, err)
		}
		if !slices.Equal(got, step.want) {
			return fmt.Errorf("%s:%d: %s\n  want:\n\t%s\n  got:\n\t%s", c.file, step.line, step.text,
				strings.Join(step.want, "\n\t"), strings.Join(got, "\n\t"))
		}
		if step.holds != "" && play.holds != step.holds {
			return fmt.Errorf("%s:%d: %s\n  queues hold, and are consumed from:\n\t%s\n  but here:\n\t%s", c.file, step.line, step.text,
				step.holds, play.holds)
		}
	}
	return nil
}

func newRabbitPlay(client RabbitClient) *rabbitPlay {
	return &rabbitPlay{
		client: client, patience: rabbitPatience, gone: map[string]bool{}, owners: map[string]*rabbitConnection{},
		names: rabbitNames{prefix: client.Prefix, generated: map[string]string{}, chosen: map[string]bool{}},
	}
}

// step runs one command and returns what it brought. It waits for what the transcript
// expects, or if linger is given, that long for anything at all.
func (p *rabbitPlay) step(ctx context.Context, step *rabbitStep, linger time.Duration) ([]string, error) {
	for _, channel := range p.channels {
		channel.events = nil
	}
	channel, err := p.channel(ctx, step)
	if err != nil {
		return nil, err
	}
	reply, err := p.command(ctx, channel, step.command)
	if err != nil {
		return nil, err
	}
	if linger == 0 && p.client.Quiet == nil {
		if reply, err = p.agreed(ctx, channel, step, reply); err != nil {
			return nil, err
		}
	}
	if p.lockstep && !channel.ended && causesNothing(step.command, reply) {
		p.holds = ""
		return reply, nil
	}
	return p.outcomes(ctx, step, reply, linger)
}

func (p *rabbitPlay) outcomes(ctx context.Context, step *rabbitStep, reply []string, linger time.Duration) ([]string, error) {
	refresh, pause := linger > 0, max(linger, rabbitPause)
	give := p.client.Clock.Elapsed() + p.patience
	for again := false; ; again = true {
		if err := p.quiet(ctx, step); err != nil {
			return nil, err
		}
		got := append(slices.Clone(reply), p.seen(step.channel)...)
		expected := !refresh && slices.Equal(got, step.want) && (step.holds == "" || step.holds == p.holds)
		if expected || refresh && again || p.client.Clock.Elapsed() > give {
			return got, nil
		}
		if err := p.client.Clock.Sleep(ctx, pause); err != nil {
			return nil, err
		}
	}
}

// seen writes the events of the step, those of own first.
func (p *rabbitPlay) seen(own string) []string {
	var mine, others []string
	for _, channel := range p.channels {
		for _, line := range p.names.events(channel.events) {
			if channel.label == own {
				mine = append(mine, line)
			} else {
				others = append(others, channel.label+": "+line)
			}
		}
	}
	return append(mine, others...)
}

// channel returns the step's channel, opening it at its first mention.
func (p *rabbitPlay) channel(ctx context.Context, step *rabbitStep) (*rabbitChannel, error) {
	for _, channel := range p.channels {
		if channel.label == step.channel {
			return channel, nil
		}
	}
	channel := &rabbitChannel{label: step.channel, ended: true}
	p.channels = append(p.channels, channel)
	if step.command[0] == "open" {
		return channel, nil
	}
	return channel, p.open(ctx, channel, nil)
}

// open opens the channel, on a new connection if none is given.
func (p *rabbitPlay) open(ctx context.Context, channel *rabbitChannel, on *rabbitConnection) error {
	if on == nil {
		name := fmt.Sprintf("%sconnection-%d", p.client.Prefix, len(p.connections)+1)
		broker := p.client.Broker
		if p.client.Direct != nil && (p.direct || channel.label == "probe") {
			broker = p.client.Direct
		}
		connection, err := broker.Connect(ctx, name)
		if err != nil {
			return fmt.Errorf("connect: %w", err)
		}
		on = &rabbitConnection{name: name, port: connection, owner: channel.label}
		p.connections = append(p.connections, on)
	}
	opened, err := on.port.OpenChannel(ctx)
	if err != nil {
		return fmt.Errorf("open a channel: %w", err)
	}
	*channel = rabbitChannel{label: channel.label, connection: on, port: opened}
	return nil
}

func (p *rabbitPlay) command(ctx context.Context, channel *rabbitChannel, command []string) ([]string, error) {
	if method, err := p.names.method(command); err != nil || method != nil {
		return p.do(ctx, channel, command, method, err)
	}
	if settlement, is, err := rabbitSettlement(command); is {
		if err != nil {
			return nil, err
		}
		return p.outcome(channel.port.Settle(ctx, settlement)), nil
	}
	switch command[0] {
	case "publish":
		return p.publish(ctx, channel, command[1:])
	case "republish":
		return p.republish(ctx, channel, command[1:])
	case "open":
		return nil, p.reopen(ctx, channel, command[1:])
	case "close":
		return p.outcome(channel.port.Close(ctx)), nil
	case "close-connection":
		return p.outcome(channel.connection.port.Close(ctx)), nil
	case "cut":
		return nil, p.client.Cut(ctx, channel.connection.name)
	case "alarm":
		p.alarm = slices.Equal(command, []string{"alarm", "on"})
		return nil, p.setAlarm(ctx)
	case "restart":
		return nil, p.restart(ctx)
	case "ack-timeout":
		return nil, p.setAckTimeout(ctx, command)
	case "sleep":
		duration, err := rabbitDuration(command)
		if err != nil {
			return nil, err
		}
		return nil, p.client.Clock.Sleep(ctx, duration)
	}
	return nil, fmt.Errorf("unknown command %q", command[0])
}

func (p *rabbitPlay) outcome(err error) []string {
	if err != nil {
		return []string{refusal(err)}
	}
	return nil
}

func (p *rabbitPlay) do(ctx context.Context, channel *rabbitChannel, command []string, method port.Method, err error) ([]string, error) {
	if err != nil {
		return nil, err
	}
	ended := channel.ended
	p.remember(channel, method)
	reply, err := channel.port.Do(ctx, method)
	var closed *port.CloseError
	switch {
	case err == nil:
		p.generated(command, reply)
		if reply.Delivery != nil {
			channel.delivered = *reply.Delivery
		}
		return p.names.reply(method, reply), nil
	case errors.As(err, &closed) && !ended:
		return nil, p.agrees(ctx, channel, closed)
	default:
		return []string{refusal(err)}, nil
	}
}

// agrees checks that Closed follows the refusal of a method and says the same.
func (p *rabbitPlay) agrees(ctx context.Context, channel *rabbitChannel, closed *port.CloseError) error {
	for give := p.client.Clock.Elapsed() + p.patience; !channel.ended; {
		if p.client.Clock.Elapsed() > give {
			return fmt.Errorf("the method failed with %w, but no Closed came", closed)
		}
		if err := p.collect(ctx, channel); err != nil {
			return err
		}
	}
	event, _ := channel.events[len(channel.events)-1].(port.Closed)
	if event.Err == nil || *event.Err != *closed {
		return fmt.Errorf("the method failed with %w, but the channel says %q", closed, closedLine(event.Err))
	}
	return nil
}

// remember notes what a method declares, for the barrier and the cleaning.
func (p *rabbitPlay) remember(channel *rabbitChannel, method port.Method) {
	switch method := method.(type) {
	case port.DeclareQueue:
		delete(p.gone, method.Name)
		if method.Exclusive && p.owners[method.Name] == nil {
			p.owners[method.Name] = channel.connection
		}
		if method.Name != "" && !slices.Contains(p.queues, method.Name) {
			p.queues = append(p.queues, method.Name)
		}
	case port.DeclareExchange:
		if !slices.Contains(p.exchanges, method.Name) {
			p.exchanges = append(p.exchanges, method.Name)
		}
	}
}

func (p *rabbitPlay) generated(command []string, reply port.Reply) {
	if command[0] == "queue" && strings.HasPrefix(command[1], "~") {
		p.names.generated[command[1]] = reply.Name
		if !slices.Contains(p.queues, reply.Name) {
			p.queues = append(p.queues, reply.Name)
		}
	}
}

func (p *rabbitPlay) publish(ctx context.Context, channel *rabbitChannel, words []string) ([]string, error) {
	pause, words, err := rabbitPublishPause(words)
	if err != nil {
		return nil, err
	}
	messages, err := p.names.publishings(words)
	if err != nil {
		return nil, err
	}
	if got, err := p.send(ctx, channel, messages); err != nil || pause == 0 {
		return got, err
	}
	return nil, p.client.Clock.Sleep(ctx, pause)
}

func (p *rabbitPlay) republish(ctx context.Context, channel *rabbitChannel, words []string) ([]string, error) {
	messages, err := p.names.publishings(append(words, "body"))
	if err != nil {
		return nil, err
	}
	messages[0].Properties, messages[0].Body = channel.delivered.Properties, channel.delivered.Body
	return p.send(ctx, channel, messages)
}

func (p *rabbitPlay) send(ctx context.Context, channel *rabbitChannel, messages []port.Publishing) ([]string, error) {
	for _, message := range messages {
		tag, err := channel.port.Publish(ctx, message)
		if err != nil && tag == 0 {
			return []string{refusal(err)}, nil
		}
		channel.published++
		if tag != channel.published {
			return nil, fmt.Errorf("publish %d got tag %d", channel.published, tag)
		}
	}
	return nil, p.awaitBlocked(ctx, channel.connection)
}

// setAlarm raises or ends the alarm, and waits until the broker reads from all
// connections again.
func (p *rabbitPlay) setAlarm(ctx context.Context) error {
	if err := p.client.Alarm(ctx, p.alarm); err != nil || p.alarm {
		return err
	}
	isBlocked := func(c *rabbitConnection) bool { return c.blocked && !c.ended }
	return p.awaitConnections(ctx, func() bool { return !slices.ContainsFunc(p.connections, isBlocked) })
}

// setAckTimeout sets the timeout for acknowledgements until the case ends.
func (p *rabbitPlay) setAckTimeout(ctx context.Context, command []string) error {
	timeout, err := rabbitDuration(command)
	if err != nil {
		return err
	}
	p.hasty = true
	return p.client.AckTimeout(ctx, timeout, timeout)
}

// awaitBlocked waits during an alarm until the broker says that it reads no more: a
// round trip would never end.
func (p *rabbitPlay) awaitBlocked(ctx context.Context, connection *rabbitConnection) error {
	return p.awaitConnections(ctx, func() bool { return !p.alarm || connection.blocked })
}

// awaitConnections takes what the broker says about connections until enough has been
// said, or patience ends.
func (p *rabbitPlay) awaitConnections(ctx context.Context, enough func() bool) error {
	for give := p.client.Clock.Elapsed() + p.patience; !enough() && p.client.Clock.Elapsed() < give; {
		if err := p.client.Clock.Sleep(ctx, rabbitPause); err != nil {
			return err
		}
		for _, channel := range p.channels {
			if err := p.collectConnection(ctx, channel); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *rabbitPlay) reopen(ctx context.Context, channel *rabbitChannel, words []string) error {
	if len(words) == 0 {
		return p.open(ctx, channel, nil)
	}
	for _, other := range p.channels {
		if other.label == words[0] {
			return p.open(ctx, channel, other.connection)
		}
	}
	return fmt.Errorf("no channel %q", words[0])
}

// restart is of the whole broker: the probe's connection is gone too.
func (p *rabbitPlay) restart(ctx context.Context) error {
	p.probe = nil
	return p.client.Restart(ctx)
}

// collect takes the events that are there.
func (p *rabbitPlay) collect(ctx context.Context, channel *rabbitChannel) error {
	if err := p.collectConnection(ctx, channel); err != nil {
		return err
	}
	for !channel.ended {
		event, err := p.next(ctx, channel.port)
		if err != nil {
			return err
		}
		if event == nil {
			return nil
		}
		channel.events = append(channel.events, event)
		switch event := event.(type) {
		case port.Delivery:
			channel.delivered = event
		case port.Confirmed:
			channel.confirmed++
		case port.Closed:
			channel.ended = true
		}
	}
	return nil
}

// collectConnection takes what the broker says about the connection as a whole. How it
// ends its channels tell.
func (p *rabbitPlay) collectConnection(ctx context.Context, channel *rabbitChannel) error {
	connection := channel.connection
	if connection == nil || connection.owner != channel.label {
		return nil
	}
	for !connection.ended {
		event, err := p.next(ctx, connection.port)
		if err != nil || event == nil {
			return err
		}
		switch event.(type) {
		case port.Closed:
			connection.ended = true
			return nil
		case port.Blocked:
			connection.blocked = true
		case port.Unblocked:
			connection.blocked = false
		}
		channel.events = append(channel.events, event)
	}
	return nil
}

// next returns the next event that is there, or nil.
func (p *rabbitPlay) next(ctx context.Context, from interface {
	Next(context.Context) (port.Event, error)
}) (port.Event, error) {
	peek, cancel := p.client.Clock.WithTimeout(ctx, p.client.Peek)
	defer cancel()
	event, err := from.Next(peek)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return nil, nil
	}
	return event, err
}
