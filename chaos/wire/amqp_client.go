package wire

import (
	"strconv"
	"time"

	"github.com/squallhq/squall/chaos"
)

// pumpUp carries what the client sends.
func (a *amqpSession) pumpUp() error {
	for {
		f, err := a.up.next()
		if err != nil {
			return a.up.stopped(err)
		}
		switch f.kind {
		case frameMethod:
			err = a.request(&f)
		case frameHeartbeat:
			err = a.up.carry(&f)
		default:
			err = a.up.message(&f)
		}
		if err != nil {
			return err
		}
	}
}

// request handles a method of the client's.
func (a *amqpSession) request(f *amqpFrame) error {
	a.up.abandon(f.channel)
	m, c := parseMethod(f)
	switch m {
	case basicPublish:
		return a.publish(f)
	case basicAck, basicNack, basicReject:
		return a.settle(f, parseSettlement(m, c))
	case connectionTuneOK:
		a.agree(c)
	default:
		a.note(f.channel, m, c)
	}
	return a.up.carry(f)
}

// note keeps what must be known of a channel later, and counts the crossing.
func (a *amqpSession) note(number uint16, m method, c *cursor) {
	a.up.mutex.Lock() // nothing of ours is sent behind the end of a channel
	defer a.up.mutex.Unlock()
	a.mutex.Lock()
	defer a.mutex.Unlock()
	arguments := *c
	switch m {
	case channelOpen:
		a.channels[number] = newAMQPChannel(number)
	case channelClose:
		a.channel(number).ended = true
	case confirmSelect:
		a.channel(number).confirming = true
	case basicConsume:
		a.channel(number).consume(c)
	case basicGet:
		c.short()
		c.text()
		ch := a.channel(number)
		ch.getting = append(ch.getting, c.octet()&1 != 0)
	}
	if what := methodsPlain[m]; what != "" {
		a.cross(what, op{}, 0, true)
	} else if what := methodsWithQueues[m]; what != "" {
		arguments.short()
		a.cross(what+arguments.text(), op{}, 0, true)
	}
}

// publish is a message of the client's: its method is at hand, its header tells its op.
func (a *amqpSession) publish(f *amqpFrame) error {
	h, err := a.up.lookFor(f.channel)
	if err != nil {
		return a.up.stopped(err, *f)
	}
	a.mutex.Lock()
	ch := a.channel(f.channel)
	seq := ch.publish(h.op())
	a.mutex.Unlock()
	c := a.cross("publish", h.op(), publishFates, true)
	message := &content{}
	if err := a.strikePublish(ch, seq, h, c, message); err != nil {
		return err
	}
	return a.up.begin(f, message)
}

// strikePublish lets a publish meet its fate: now, by an error, or when all of it has been
// forwarded.
func (a *amqpSession) strikePublish(ch *amqpChannel, seq uint64, h *contentHeader, c crossing, message *content) error {
	switch c.fault {
	case chaos.KindFailBefore:
		return a.failBefore(a.up.flow, c)
	case chaos.KindDelay:
		return a.late(a.up.flow, c)
	case chaos.KindKill, chaos.KindLoseMachine:
		return a.crash(a.up.flow, c)
	case chaos.KindFailAfter:
		a.await(ch, seq, c)
		message.after = func() error { return a.failAfterConfirm(seq, c) }
	case chaos.KindLoseReply:
		a.hush()
		message.after = func() error { return a.loseReply(c) }
	case chaos.KindDisconnect:
		if !arrives(c) {
			return a.failBefore(a.up.flow, c)
		}
		a.hush()
		message.after = func() error { return a.failAfter(c) }
	case chaos.KindDuplicate:
		a.duplicate(ch, h, c, message)
	}
	return nil
}

var purposeArrives = chaos.PurposeOf("frame arrives before the disconnection") // as in sim/rabbitmq

// arrives says whether a frame still arrives before the connection breaks.
func arrives(c crossing) bool { return c.draw(purposeArrives)&1 == 1 }

func (a *amqpSession) await(ch *amqpChannel, seq uint64, c crossing) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if seq != 0 {
		a.awaited = &awaited{ch, seq, c}
	}
}

// failAfterConfirm waits until the downward pump has met the confirm and broken the connection.
func (a *amqpSession) failAfterConfirm(seq uint64, c crossing) error {
	if seq == 0 {
		return a.failAfter(c)
	}
	if err := a.up.flush(); err != nil {
		return err
	}
	if a.sleep(a.proxy.config.GiveUp) {
		a.breakOff()
		c.bit("no confirm came within " + a.proxy.config.GiveUp.String() + "; the client's connection was reset")
	}
	return errBroken
}

// hush lets nothing more through to the client: what is about to be forwarded may be answered
// before the connection is broken behind it.
func (a *amqpSession) hush() { a.down.silent.Store(true) }

// failAfter breaks the connection behind a request to which there is no reply: the server
// reads it before the end of the connection.
func (a *amqpSession) failAfter(c crossing) error {
	a.hush()
	if err := a.up.flush(); err != nil {
		return err
	}
	a.breakOff()
	c.prove(func(p *Proof) {
		p.Bit, p.Arrived, p.Text = true, true, "the request was forwarded before the server's connection ended, the client's was reset"
	})
	return errBroken
}

// loseReply silences the server behind a request.
func (a *amqpSession) loseReply(c crossing) error {
	a.silence(a.down.flow, c)
	c.prove(func(p *Proof) {
		p.Bit, p.Arrived, p.Text = true, true, "the request was forwarded; nothing was forwarded to the client from then on"
	})
	return a.up.flush()
}

// duplicateMax is the largest message of which a second copy can be kept, in octets.
const duplicateMax = 16 << 20

func (a *amqpSession) duplicate(ch *amqpChannel, h *contentHeader, c crossing, message *content) {
	if h == nil || h.size > duplicateMax {
		c.prove(func(p *Proof) { p.Text = "the message is too large to be published a second time" })
		return
	}
	a.mutex.Lock()
	ch.duplicate()
	a.mutex.Unlock()
	message.copying = true
	message.after = func() error {
		message.copied[0] = withoutMandatory(message.copied[0]) // it comes back once, if at all
		for _, raw := range message.copied {
			if err := a.up.write(raw); err != nil {
				return err
			}
		}
		c.prove(func(p *Proof) {
			p.Bit, p.Arrived, p.Text = true, true, "the message was published a second time behind the first"
		})
		return nil
	}
}

// settle is an acknowledgement or a rejection of the client's.
func (a *amqpSession) settle(f *amqpFrame, s settlement) error {
	a.mutex.Lock()
	ch := a.channel(f.channel)
	o := ch.deliveries[s.tag]
	c := a.cross(s.what(), o, settleFates, true)
	a.mutex.Unlock()
	switch c.fault {
	case chaos.KindFailBefore:
		return a.failBefore(a.up.flow, c)
	case chaos.KindDelay:
		if err := a.late(a.up.flow, c); err != nil {
			return err
		}
	case chaos.KindKill, chaos.KindLoseMachine:
		if err := a.crash(a.up.flow, c); err != nil {
			return err
		}
	case chaos.KindDisconnect:
		if !arrives(c) {
			return a.failBefore(a.up.flow, c)
		}
		a.hush()
	case chaos.KindFailAfter, chaos.KindLoseReply:
		a.hush()
	}
	if err := a.sendSettlement(f, s, ch, o); err != nil {
		return err
	}
	switch c.fault {
	case chaos.KindFailAfter, chaos.KindDisconnect:
		return a.failAfter(c)
	case chaos.KindLoseReply:
		return a.loseReply(c)
	}
	return nil
}

// sendSettlement forwards a settlement, without the deliveries that are kept from it.
func (a *amqpSession) sendSettlement(f *amqpFrame, s settlement, ch *amqpChannel, o op) error {
	tags, whole := a.settled(s, ch, o)
	if whole {
		return a.up.carry(f)
	}
	a.up.withheld.Add(int64(len(f.raw)))
	for _, tag := range tags {
		one := settlement{method: s.method, tag: tag, requeue: s.requeue}
		if err := a.up.write(one.encode(ch.number)); err != nil {
			return err
		}
	}
	return nil
}

// settled forgets the deliveries that a settlement covers and returns them; whole if none
// of them is kept.
func (a *amqpSession) settled(s settlement, ch *amqpChannel, o op) (tags []uint64, whole bool) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if trap := a.trapAck(s, ch, o); trap != nil {
		ch.kept[s.tag] = true
		trap.spring(nil)
	}
	tags = ch.covered(&s)
	ch.settled(tags)
	return tags, !ch.keepsWithin(&s)
}

func (a *amqpSession) trapAck(s settlement, ch *amqpChannel, o op) *Trap {
	if _, known := ch.deliveries[s.tag]; !known || s.method != basicAck {
		return nil
	}
	t := &a.proxy.traps
	return t.take(&t.acks, func(trap *Trap) bool { return trap.catches(o) })
}

var purposeHold = chaos.PurposeOf("time that others may overtake") // as in sim/rabbitmq

// holdMax is how long a reordered delivery is kept at most.
const holdMax = 250 * time.Millisecond

// giveBack keeps a delivery for a while and then requeues it, unless its channel has ended.
func (a *amqpSession) giveBack(ch *amqpChannel, tag uint64, c crossing) {
	hold := time.Millisecond + time.Duration(chaos.Below(c.draw(purposeHold), uint64(holdMax)))
	a.proxy.running.Go(func() {
		if !a.sleepOrEnd(hold) {
			return
		}
		back := settlement{method: basicReject, tag: tag, requeue: true}
		sent := a.up.inject(ch.number, back.encode(ch.number), func() bool { return a.current(ch) })
		a.mutex.Lock() // only now: a settlement of all would settle it
		delete(ch.kept, tag)
		delete(ch.deliveries, tag)
		a.mutex.Unlock()
		if sent {
			c.prove(func(p *Proof) {
				p.Bit, p.Late, p.Text = true, hold, "delivery "+strconv.FormatUint(tag, 10)+" was kept and then requeued"
			})
		}
	})
}

// sleepOrEnd is sleep that ends with the session too.
func (a *amqpSession) sleepOrEnd(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-a.done:
	case <-a.drained:
	}
	return false
}
