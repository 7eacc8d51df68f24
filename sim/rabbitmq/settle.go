package rabbitmq

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/squallhq/squall/system/port"
)

// lots sorts settled deliveries as a channel hands them on: one command for each queue and
// consumer, in the order of their names; a message fetched with basic.get is on its own, and
// comes first (rabbit_channel, foreach_per_queue, whose keys are queue and consumer tag,
// which for basic.get is a number). Within a lot the oldest comes first.
func lots(settled []*entry) [][]*entry {
	slices.SortStableFunc(settled, compareLots)
	var all [][]*entry
	for from, i := 0, 1; i <= len(settled); i++ {
		if i == len(settled) || compareLots(settled[from], settled[i]) != 0 {
			all = append(all, settled[from:i:i])
			from = i
		}
	}
	return all
}

func compareLots(a, b *entry) int {
	fetched := func(e *entry) uint64 {
		if e.consumer == nil {
			return e.tag
		}
		return 1<<64 - 1 // numbers come before texts
	}
	return cmp.Or(strings.Compare(a.queue.name, b.queue.name), cmp.Compare(fetched(a), fetched(b)),
		strings.Compare(a.holder(), b.holder()))
}

// holder is the name under which a quorum queue notes a delivery: the consumer's tag, or for
// basic.get the delivery's as text (rabbit_quorum_queue, quorum_ctag).
func (e *entry) holder() string {
	if e.consumer == nil {
		return strconv.FormatUint(e.tag, 10)
	}
	return e.consumer.tag
}

// settleLot settles deliveries of one queue and one consumer, and lets the queue react. A
// quorum queue without a delivery limit takes them back one by one (rabbit_fifo,
// handle_aux of return).
func (b *broker) settleLot(lot []*entry, verdict port.SettleVerdict) {
	q := lot[0].queue
	if q.deleted {
		for _, e := range lot {
			e.release()
		}
		return
	}
	letters := len(b.letters)
	singly := q.quorum && q.limits.deliveries == unlimited && (verdict == port.Requeue || verdict == port.RejectRequeue)
	for i, e := range lot {
		q.settle(b, e, verdict)
		if singly && i < len(lot)-1 {
			q.react(b, false, letters)
			letters = len(b.letters)
		}
	}
	q.reactTo(b, verdict, letters)
}

func (q *queue) settle(b *broker, e *entry, verdict port.SettleVerdict) {
	switch verdict {
	case port.Ack:
		q.settled(b, e)
	case port.Requeue:
		q.requeue(b, e, byNack)
	case port.RejectRequeue:
		q.requeue(b, e, byReject)
	case port.Reject:
		e.release()
		q.discard(b, e, rejected)
	}
}
