package wire

import (
	"maps"
	"slices"
)

// amqpChannel is what is known of a channel from its opening on.
type amqpChannel struct {
	number uint16
	ended  bool // one side has asked for its end

	confirming bool
	published  uint64      // by the client, in confirm mode
	open       []published // not yet confirmed, in order, and confirmed ones between
	extras     []uint64    // the server's numbers of second copies, in order
	held       int         // confirms held by a trap

	consumers map[string]consumer
	consuming []consumer // that await consume-ok
	getting   []bool     // gets that await an answer: without acknowledgement
	lastQueue string     // for which an empty name stands

	deliveries map[uint64]op   // unsettled, by tag
	kept       map[uint64]bool // of them those that the proxy keeps from being settled
}

type published struct {
	seq  uint64
	op   op
	done bool
}

type consumer struct {
	queue string
	noAck bool
}

func newAMQPChannel(number uint16) *amqpChannel {
	return &amqpChannel{
		number: number, consumers: map[string]consumer{}, deliveries: map[uint64]op{}, kept: map[uint64]bool{},
	}
}

// publish counts a publish; copies says how often the server will see it. It returns the
// client's number, 0 if the channel is not in confirm mode.
func (ch *amqpChannel) publish(o op) uint64 {
	if !ch.confirming {
		return 0
	}
	ch.published++
	ch.open = append(ch.open, published{seq: ch.published, op: o})
	return ch.published
}

// duplicate notes that the server will see the client's last publish twice.
func (ch *amqpChannel) duplicate() {
	if ch.confirming {
		ch.extras = append(ch.extras, ch.published+uint64(len(ch.extras))+1)
	}
}

// confirmed settles what the server's confirm covers, and returns it in the client's
// numbers. extra says that it covers a second copy and nothing else.
func (ch *amqpChannel) confirmed(tag uint64, multiple bool) (covered []published, extra bool) {
	if multiple {
		last := ch.published
		if tag != 0 {
			last = tag - ch.extrasUpTo(tag)
		}
		covered = ch.takeUpTo(last)
		return covered, len(covered) == 0 && len(ch.extras) > 0
	}
	if slices.Contains(ch.extras, tag) {
		return nil, true
	}
	return ch.takeOne(tag - ch.extrasUpTo(tag)), false
}

func (ch *amqpChannel) extrasUpTo(tag uint64) uint64 {
	n, found := slices.BinarySearch(ch.extras, tag)
	if found {
		n++
	}
	return uint64(n)
}

func (ch *amqpChannel) takeUpTo(last uint64) []published {
	var covered []published
	for i := range ch.open {
		p := &ch.open[i]
		if p.seq > last {
			break
		}
		if !p.done {
			p.done = true
			covered = append(covered, *p)
		}
	}
	ch.trim()
	return covered
}

func (ch *amqpChannel) takeOne(seq uint64) []published {
	if len(ch.open) == 0 || seq < ch.open[0].seq || seq-ch.open[0].seq >= uint64(len(ch.open)) {
		return nil
	}
	p := &ch.open[seq-ch.open[0].seq]
	if p.done {
		return nil
	}
	p.done = true
	covered := []published{*p}
	ch.trim()
	return covered
}

func (ch *amqpChannel) trim() {
	done := 0
	for done < len(ch.open) && ch.open[done].done {
		done++
	}
	ch.open = ch.open[done:]
}

// covered returns the unsettled deliveries that a settlement covers, in order, those that
// are kept left out.
func (ch *amqpChannel) covered(s *settlement) []uint64 {
	if !s.multiple {
		if _, known := ch.deliveries[s.tag]; !known || ch.kept[s.tag] {
			return nil
		}
		return []uint64{s.tag}
	}
	var tags []uint64
	for tag := range maps.Keys(ch.deliveries) {
		if (tag <= s.tag || s.tag == 0) && !ch.kept[tag] {
			tags = append(tags, tag)
		}
	}
	slices.Sort(tags)
	return tags
}

// settled forgets deliveries.
func (ch *amqpChannel) settled(tags []uint64) {
	for _, tag := range tags {
		delete(ch.deliveries, tag)
	}
}

// keepsWithin says whether a settlement would cover a delivery that is kept.
func (ch *amqpChannel) keepsWithin(s *settlement) bool {
	for tag := range ch.kept {
		if tag == s.tag || s.multiple && (tag < s.tag || s.tag == 0) {
			return true
		}
	}
	return false
}

// consume notes a basic.consume.
func (ch *amqpChannel) consume(c *cursor) {
	c.short()
	queue, tag := c.text(), c.text()
	bits := c.octet()
	if queue == "" {
		queue = ch.lastQueue
	}
	wanted := consumer{queue, bits&2 != 0}
	if tag != "" {
		ch.consumers[tag] = wanted
	}
	if nowait := bits&8 != 0; !nowait {
		ch.consuming = append(ch.consuming, wanted)
	}
}

// consumes notes the consume-ok.
func (ch *amqpChannel) consumes(tag string) {
	if len(ch.consuming) > 0 {
		ch.consumers[tag] = ch.consuming[0]
		ch.consuming = ch.consuming[1:]
	}
}

// got takes the get that is answered, and says whether it needs no acknowledgement.
func (ch *amqpChannel) got() (noAck bool) {
	if len(ch.getting) > 0 {
		noAck = ch.getting[0]
		ch.getting = ch.getting[1:]
	}
	return noAck
}
