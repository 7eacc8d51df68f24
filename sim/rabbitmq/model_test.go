package rabbitmq_test

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/squallhq/squall/sim/rabbitmq"
	"github.com/squallhq/squall/system/port"
)

// naive is a queue as one would explain it: a list of messages, each ready or delivered,
// looked through from the start every time.
type naive struct {
	quorum    bool
	limit     int // of returns, -1 for none
	maxLength int // -1 for none
	ttl       time.Duration
	now       time.Duration

	messages  []*naiveMessage
	consumers []*naiveConsumer // those that wait for a message, longest first
	all       []*naiveConsumer
	tags      map[int]uint64
	seq       int
	delivered []string
	dead      []string
}

type naiveMessage struct {
	body    string
	place   int // among the ready: lower first
	expires time.Duration
	again   bool
	returns int
	channel int // 0 while ready
	tag     uint64
	by      *naiveConsumer
}

type naiveConsumer struct {
	channel  int
	prefetch int
	tag      string
	extra    int  // of a quorum queue: deliveries that it may have beyond prefetch
	stalled  bool // of a classic queue: was asked when it could take no more
}

const forever = time.Duration(1<<63 - 1)

// A place before all that were never delivered begins here.
const front = -1_000_000

func (n *naive) ready() []*naiveMessage {
	var list []*naiveMessage
	for _, m := range n.messages {
		if m.channel == 0 {
			list = append(list, m)
		}
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].place < list[j].place })
	return list
}

func (n *naive) has(c *naiveConsumer) int {
	count := 0
	for _, m := range n.messages {
		if m.channel != 0 && m.by == c {
			count++
		}
	}
	return count
}

func (n *naive) remove(m *naiveMessage) {
	n.messages = slices.DeleteFunc(n.messages, func(other *naiveMessage) bool { return other == m })
}

func (n *naive) die(m *naiveMessage, reason string) {
	n.remove(m)
	n.dead = append(n.dead, m.body+" "+reason)
}

func (n *naive) expire() {
	for list := n.ready(); len(list) > 0 && list[0].expires <= n.now; list = n.ready() {
		n.die(list[0], "expired")
	}
}

func (n *naive) give() {
	var given []*naiveMessage
	for len(n.consumers) > 0 && len(n.ready()) > 0 {
		c, m := n.consumers[0], n.ready()[0]
		n.consumers = n.consumers[1:]
		if n.busy(c) {
			c.stalled = true
			continue
		}
		m.channel, m.by = c.channel, c
		given = append(given, m)
		n.wait(c)
		n.expire()
	}
	if n.quorum {
		sort.SliceStable(given, func(i, j int) bool { return given[i].by.tag < given[j].by.tag })
	}
	for _, m := range given {
		n.tags[m.channel]++
		m.tag = n.tags[m.channel]
		n.delivered = append(n.delivered, rabbitmq.DeliveryText(m.channel, port.Delivery{Tag: m.tag, Body: []byte(m.body), Redelivered: m.again}))
	}
}

func (n *naive) busy(c *naiveConsumer) bool { return c.prefetch > 0 && n.has(c) >= c.prefetch+c.extra }

// wait lets a consumer wait for a message, in a quorum queue if it may have one more. In a
// classic queue it waits until it is asked in vain.
func (n *naive) wait(c *naiveConsumer) {
	if !slices.Contains(n.all, c) || slices.Contains(n.consumers, c) || (n.quorum || c.stalled) && n.busy(c) {
		return
	}
	c.stalled = false
	n.consumers = append(n.consumers, c)
}

// shorten drops from the head. The letters since dead of a quorum queue come after these, the
// last of which comes first.
func (n *naive) shorten(dead int) {
	earlier := slices.Clone(n.dead[dead:])
	for n.maxLength >= 0 && len(n.ready()) > n.maxLength {
		n.die(n.ready()[0], "maxlen")
	}
	if n.quorum {
		dropped := slices.Clone(n.dead[dead+len(earlier):])
		slices.Reverse(dropped)
		n.dead = append(append(n.dead[:dead], dropped...), earlier...)
	}
}

func (n *naive) publish(body string, ttl time.Duration) {
	n.seq++
	m := &naiveMessage{body: body, place: n.seq, expires: forever}
	if ttl = min(ttl, n.ttl); ttl == 0 && n.quorum {
		ttl = time.Millisecond
	}
	if ttl != forever {
		m.expires = n.now + ttl
	}
	n.messages = append(n.messages, m)
	dead := len(n.dead)
	if n.quorum {
		n.expire()
	}
	n.give()
	n.shorten(dead)
	n.expire()
}

// settle settles consumer by consumer, those fetched first and one by one; a quorum queue
// without a delivery limit takes back one by one.
func (n *naive) settle(channel int, tag uint64, multiple bool, verdict port.SettleVerdict) {
	lots := map[string][]*naiveMessage{}
	for _, m := range n.messages {
		if m.channel != channel || m.tag != tag && (!multiple || m.tag > tag) {
			continue
		}
		key := fmt.Sprintf("fetched %9d", m.tag)
		if m.by != nil {
			key = "to " + m.by.tag
		}
		if n.quorum && n.limit < 0 && verdict == port.Requeue {
			key += fmt.Sprintf(" %9d", m.tag)
		}
		lots[key] = append(lots[key], m)
	}
	for _, key := range slices.Sorted(maps.Keys(lots)) {
		dead := len(n.dead)
		for _, m := range lots[key] {
			c := m.by
			m.channel, m.by = 0, nil
			n.removeOrReturn(m, verdict, true)
			if c != nil && verdict == port.Requeue && n.quorum && n.limit >= 0 && m.returns > n.limit {
				c.extra++
			}
			if c != nil {
				n.wait(c)
			}
		}
		n.move(dead)
	}
}

func (n *naive) move(dead int) {
	if !n.quorum {
		n.shorten(dead)
	}
	n.expire()
	n.give()
	n.shorten(dead)
	n.expire()
}

func (n *naive) removeOrReturn(m *naiveMessage, verdict port.SettleVerdict, asked bool) {
	switch verdict {
	case port.Ack:
		n.remove(m)
		return
	case port.Reject:
		n.die(m, "rejected")
		return
	}
	m.again = true
	if !n.quorum {
		return
	}
	m.returns++
	n.seq++
	switch {
	case n.limit >= 0 && m.returns > n.limit:
		n.die(m, "delivery_limit")
	case n.limit < 0 && asked:
		m.place = n.seq
	default:
		m.place = front + n.seq
	}
}

func (n *naive) close(channel int) {
	n.all = slices.DeleteFunc(n.all, func(c *naiveConsumer) bool { return c.channel == channel })
	n.consumers = slices.DeleteFunc(n.consumers, func(c *naiveConsumer) bool { return c.channel == channel })
	var back []*naiveMessage
	for _, m := range n.messages {
		if m.channel == channel {
			back = append(back, m)
		}
	}
	sort.Slice(back, func(i, j int) bool { return back[i].tag < back[j].tag })
	if n.quorum {
		sort.SliceStable(back, func(i, j int) bool { return back[i].holder() < back[j].holder() })
	}
	dead := len(n.dead)
	for _, m := range back {
		m.channel, m.by = 0, nil
		n.removeOrReturn(m, port.Requeue, false)
	}
	n.tags[channel] = 0
	n.move(dead)
}

// holder is who has a message, as a quorum queue calls it.
func (m *naiveMessage) holder() string {
	if m.by == nil {
		return fmt.Sprint(m.tag)
	}
	return m.by.tag
}

func (n *naive) open(channel int) []uint64 {
	var tags []uint64
	for _, m := range n.messages {
		if m.channel == channel {
			tags = append(tags, m.tag)
		}
	}
	slices.Sort(tags)
	return tags
}

// machine plays the same random steps on the broker's state machine and on the model.
type machine struct {
	model *naive
	pure  *rabbitmq.Pure
	count int
}

func newMachine(t *rapid.T) *machine {
	n := &naive{limit: -1, maxLength: -1, ttl: forever, tags: map[int]uint64{}}
	args := port.Table{"x-dead-letter-exchange": "", "x-dead-letter-routing-key": "dead"}
	if n.quorum = rapid.Bool().Draw(t, "quorum"); n.quorum {
		args["x-queue-type"] = "quorum"
		if n.limit = rapid.IntRange(-1, 3).Draw(t, "delivery limit"); n.limit >= 0 {
			args["x-delivery-limit"] = int64(n.limit)
		}
	}
	if rapid.Bool().Draw(t, "bounded") {
		n.maxLength = rapid.IntRange(0, 4).Draw(t, "max length")
		args["x-max-length"] = int64(n.maxLength)
	}
	if rapid.Bool().Draw(t, "mortal") {
		n.ttl = time.Duration(rapid.IntRange(0, 50).Draw(t, "ttl")) * time.Millisecond
		args["x-message-ttl"] = n.ttl.Milliseconds()
	}
	m := &machine{model: n, pure: rabbitmq.NewPure(rabbitmq.V310)}
	m.pure.Do(9, port.DeclareQueue{Name: "q", Durable: true, Args: args})
	m.pure.Do(9, port.DeclareQueue{Name: "dead", Durable: true})
	m.pure.Deliveries()
	return m
}

func (m *machine) publish(t *rapid.T) {
	m.count++
	body, ttl, expiration := fmt.Sprint("m", m.count), forever, ""
	if rapid.IntRange(0, 3).Draw(t, "expiring") == 0 {
		ms := rapid.IntRange(0, 60).Draw(t, "expiration")
		ttl, expiration = time.Duration(ms)*time.Millisecond, fmt.Sprint(ms)
	}
	m.model.publish(body, ttl)
	m.pure.Publish(9, "q", body, expiration)
}

func (m *machine) consume(t *rapid.T) {
	channel := rapid.IntRange(1, 3).Draw(t, "channel")
	m.count++
	c := &naiveConsumer{channel: channel, prefetch: rapid.IntRange(0, 2).Draw(t, "prefetch"), tag: fmt.Sprintf("%c%d", 'z'-m.count%9, m.count)}
	m.model.all = append(m.model.all, c)
	m.model.wait(c)
	m.model.expire()
	m.model.give()
	m.pure.Do(channel, port.Prefetch{Count: c.prefetch})
	m.pure.Do(channel, port.Consume{Queue: "q", Consumer: c.tag})
}

func (m *machine) get(t *rapid.T) {
	channel := rapid.IntRange(1, 3).Draw(t, "channel")
	got, want := "empty", "empty"
	if ready := m.model.ready(); len(ready) > 0 {
		m.model.tags[channel]++
		ready[0].channel, ready[0].tag = channel, m.model.tags[channel]
		want = ready[0].body
		m.model.expire()
	}
	if reply := m.pure.Do(channel, port.Get{Queue: "q"}); reply.Delivery != nil {
		got = string(reply.Delivery.Body)
	}
	if got != want {
		t.Fatalf("get: %s, want %s", got, want)
	}
}

func (m *machine) settle(t *rapid.T) {
	channel := rapid.IntRange(1, 3).Draw(t, "channel")
	tags := m.model.open(channel)
	if len(tags) == 0 {
		return
	}
	s := port.Settlement{
		Tag: rapid.SampledFrom(tags).Draw(t, "tag"), Multiple: rapid.Bool().Draw(t, "multiple"),
		Verdict: rapid.SampledFrom([]port.SettleVerdict{port.Ack, port.Requeue, port.Reject}).Draw(t, "verdict"),
	}
	m.pure.Settle(channel, s)
	m.model.byTag()
	m.model.settle(channel, s.Tag, s.Multiple, s.Verdict)
}

// byTag sorts the model's list so that deliveries are settled in the order of their tags.
func (n *naive) byTag() {
	sort.SliceStable(n.messages, func(i, j int) bool { return n.messages[i].tag < n.messages[j].tag })
}

func (m *machine) close(t *rapid.T) {
	channel := rapid.IntRange(1, 3).Draw(t, "channel")
	m.model.close(channel)
	m.pure.Close(channel)
}

func (m *machine) advance(t *rapid.T) {
	d := time.Duration(rapid.IntRange(1, 40).Draw(t, "ms")) * time.Millisecond
	for range d / time.Millisecond {
		m.model.now += time.Millisecond
		m.model.expire()
	}
	m.pure.Advance(d)
}

func (m *machine) purge(*rapid.T) {
	for _, message := range m.model.ready() {
		m.model.remove(message)
	}
	m.pure.Do(9, port.PurgeQueue{Name: "q"})
}

func (m *machine) check(t *rapid.T) {
	compare(t, "deliveries", m.pure.Deliveries(), m.model.delivered)
	m.model.delivered = nil
	var ready []string
	bytes := 0
	for _, message := range m.model.ready() {
		ready = append(ready, message.body)
		bytes += len(message.body)
	}
	got, unacked := m.pure.Bodies("q")
	compare(t, "ready", got, ready)
	if want := len(m.model.messages) - len(ready); unacked != want {
		t.Fatalf("%d unacked, want %d", unacked, want)
	}
	if b := m.pure.Bytes("q"); b != bytes {
		t.Fatalf("%d bytes, want %d", b, bytes)
	}
	dead, _ := m.pure.Bodies("dead")
	var want []string
	for _, d := range m.model.dead {
		body, _, _ := strings.Cut(d, " ")
		want = append(want, body)
	}
	compare(t, "dead", dead, want)
}

func compare(t *rapid.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("%s:\n got %q\nwant %q", what, got, want)
	}
}

func TestQueueIsTheNaiveOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMachine(t)
		t.Repeat(map[string]func(*rapid.T){
			"publish": m.publish, "Publish": m.publish, "consume": m.consume, "get": m.get, "settle": m.settle,
			"Settle": m.settle, "close": m.close, "advance": m.advance, "purge": m.purge, "": m.check,
		})
	})
}
