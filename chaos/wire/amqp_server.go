package wire

import (
	"fmt"

	"github.com/squallhq/squall/chaos"
)

// pumpDown carries what the server sends.
func (a *amqpSession) pumpDown() error {
	first, err := a.down.peek(1)
	if err != nil {
		return err
	}
	if first[0] == protocolName[0] { // a server that speaks another version says which
		return a.down.blindly()
	}
	for {
		f, err := a.down.next()
		if err != nil {
			return a.down.stopped(a.cutShort(err))
		}
		switch f.kind {
		case frameMethod:
			err = a.event(&f)
		case frameHeartbeat:
			err = a.down.carry(&f)
		default:
			err = a.down.message(&f)
		}
		if err != nil {
			return err
		}
	}
}

// event handles a method of the server's.
func (a *amqpSession) event(f *amqpFrame) error {
	a.down.abandon(f.channel)
	m, c := parseMethod(f)
	switch m {
	case basicAck, basicNack:
		return a.confirm(f, parseSettlement(m, c))
	case basicDeliver:
		return a.deliver(f, c)
	case basicGetOK:
		return a.got(f, c)
	case basicReturn:
		return a.down.begin(f, &content{discard: a.awaits(f.channel)})
	case channelClose, connectionClose:
		if a.awaits(f.channel) || m == connectionClose && a.awaitsAny() {
			return a.answered(f)
		}
		a.endChannel(f.channel)
	default:
		a.learn(f.channel, m, c)
	}
	return a.down.carry(f)
}

// learn keeps what the server decides about a channel.
func (a *amqpSession) learn(number uint16, m method, c *cursor) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	switch m {
	case queueDeclareOK:
		a.channel(number).lastQueue = c.text()
	case basicConsumeOK:
		a.channel(number).consumes(c.text())
	case basicGetEmpty:
		a.channel(number).got()
	}
}

// endChannel notes that the broker has ended a channel: nothing of ours follows.
func (a *amqpSession) endChannel(number uint16) {
	a.down.mutex.Lock()
	defer a.down.mutex.Unlock()
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.channel(number).ended = true
}

func (a *amqpSession) awaits(number uint16) bool {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return a.awaited != nil && a.awaited.channel.number == number
}

func (a *amqpSession) awaitsAny() bool {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return a.awaited != nil
}

// answered is the reply to a publish that fails after its effect.
func (a *amqpSession) answered(f *amqpFrame) error {
	if err := a.down.flush(); err != nil {
		return err
	}
	a.breakOff()
	a.awaited.crossing.prove(func(p *Proof) {
		p.Bit, p.Arrived, p.Withheld = true, true, int64(len(f.raw))
		p.Text = fmt.Sprintf("the broker's answer of %d octets was withheld, the client's connection was reset", len(f.raw))
	})
	return errBroken
}

// cutShort handles the end of the broker's side while a confirm is awaited: the client sees
// a reset then too.
func (a *amqpSession) cutShort(err error) error {
	if !a.awaitsAny() || a.isDone() {
		return err
	}
	a.breakOff()
	a.awaited.crossing.bit("the broker ended the connection before it had answered; the client's connection was reset")
	return errBroken
}

// confirm is the broker's answer to one publish, or to all up to one.
func (a *amqpSession) confirm(f *amqpFrame, s settlement) error {
	a.mutex.Lock()
	ch := a.channel(f.channel)
	covered, extra := ch.confirmed(s.tag, s.multiple)
	awaited := a.awaited
	a.mutex.Unlock()
	if extra {
		return a.down.drop(f)
	}
	for _, p := range covered {
		if awaited != nil && awaited.channel == ch && awaited.seq == p.seq {
			return a.answered(f)
		}
	}
	for _, p := range covered {
		c := a.cross("confirm", p.op, confirmFates, false)
		if err := a.strikeConfirm(c, f); err != nil {
			return err
		}
	}
	return a.sendConfirm(f, s, ch, covered)
}

func (a *amqpSession) strikeConfirm(c crossing, f *amqpFrame) error {
	switch c.fault {
	case chaos.KindDelay:
		return a.late(a.down.flow, c)
	case chaos.KindDisconnect:
		return a.breakInstead(c, f, "confirm")
	case chaos.KindLoseReply:
		if err := a.down.flush(); err != nil {
			return err
		}
		c.bit("nothing was forwarded to the client from this confirm on")
		a.silence(a.down.flow, c)
	}
	return nil
}

// breakInstead breaks the connection instead of forwarding what the server sent.
func (a *amqpSession) breakInstead(c crossing, f *amqpFrame, what string) error {
	if err := a.down.flush(); err != nil {
		return err
	}
	a.breakOff()
	c.prove(func(p *Proof) {
		p.Bit, p.Withheld, p.Text = true, int64(len(f.raw)), "the "+what+" was not forwarded, the client's connection was reset"
	})
	return errBroken
}

// sendConfirm forwards a confirm in the client's numbers, without those that a trap holds.
func (a *amqpSession) sendConfirm(f *amqpFrame, s settlement, ch *amqpChannel, covered []published) error {
	passing := covered[:0:0]
	for _, p := range covered {
		if !a.trapConfirm(s, ch, p) {
			passing = append(passing, p)
		}
	}
	a.mutex.Lock()
	renumbered, split := len(ch.extras) > 0, s.multiple && ch.held > 0
	a.mutex.Unlock()
	switch {
	case len(covered) > 0 && len(passing) == 0:
		return a.down.drop(f)
	case len(covered) == 0, !renumbered && !split:
		return a.down.carry(f)
	case s.multiple && !split:
		passing = passing[len(passing)-1:]
	default:
		s.multiple = false
	}
	for _, p := range passing {
		s.tag = p.seq
		if err := a.down.write(s.encode(ch.number)); err != nil {
			return err
		}
	}
	return nil
}

// trapConfirm holds a confirm if a trap waits for it.
func (a *amqpSession) trapConfirm(s settlement, ch *amqpChannel, p published) bool {
	t := &a.proxy.traps
	trap := t.take(&t.confirms, func(trap *Trap) bool { return trap.catches(p.op) })
	if trap == nil {
		return false
	}
	a.mutex.Lock()
	ch.held++
	a.mutex.Unlock()
	single := settlement{method: s.method, tag: p.seq, requeue: s.requeue}
	trap.spring(func() { a.letGo(ch, single) })
	return true
}

// letGo sends a held confirm, unless its channel has ended.
func (a *amqpSession) letGo(ch *amqpChannel, s settlement) {
	a.down.inject(ch.number, s.encode(ch.number), func() bool { return a.current(ch) })
	a.mutex.Lock()
	defer a.mutex.Unlock()
	ch.held--
}

// deliver is a message for a consumer: its method is at hand, its header tells its op.
func (a *amqpSession) deliver(f *amqpFrame, c *cursor) error {
	h, err := a.down.lookFor(f.channel)
	if err != nil {
		return a.down.stopped(a.cutShort(err), *f)
	}
	tag := c.text()
	number := c.longlong()
	a.mutex.Lock()
	ch := a.channel(f.channel)
	to, known := ch.consumers[tag]
	allowed := deliveryFates
	if to.noAck {
		allowed &^= 1 << chaos.KindReorder
	} else {
		ch.deliveries[number] = h.op()
	}
	a.mutex.Unlock()
	message := &content{}
	if !known { // nobody said from which queue
		return a.down.begin(f, message)
	}
	crossing := a.cross("delivery to "+to.queue, h.op(), allowed, false)
	switch crossing.fault {
	case chaos.KindDelay:
		if err := a.late(a.down.flow, crossing); err != nil {
			return err
		}
	case chaos.KindDisconnect:
		return a.breakInstead(crossing, f, "delivery")
	case chaos.KindReorder:
		a.mutex.Lock()
		ch.kept[number] = true
		a.mutex.Unlock()
		message.discard = true
		message.after = func() error { a.giveBack(ch, number, crossing); return nil }
	}
	return a.down.begin(f, message)
}

// got is a message that the client asked for.
func (a *amqpSession) got(f *amqpFrame, c *cursor) error {
	h, err := a.down.lookFor(f.channel)
	if err != nil {
		return a.down.stopped(a.cutShort(err), *f)
	}
	a.mutex.Lock()
	ch := a.channel(f.channel)
	if noAck := ch.got(); !noAck {
		ch.deliveries[c.longlong()] = h.op()
	}
	a.mutex.Unlock()
	return a.down.begin(f, &content{})
}
