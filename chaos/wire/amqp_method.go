package wire

import "encoding/binary"

// method is a class and a method of AMQP 0-9-1.
type method struct{ class, id uint16 }

// The methods that the proxy understands.
var (
	connectionTuneOK  = method{10, 31}
	connectionClose   = method{10, 50}
	channelOpen       = method{20, 10}
	channelClose      = method{20, 40}
	queueDeclare      = method{50, 10}
	queueDeclareOK    = method{50, 11}
	basicConsume      = method{60, 20}
	basicConsumeOK    = method{60, 21}
	basicPublish      = method{60, 40}
	basicReturn       = method{60, 50}
	basicDeliver      = method{60, 60}
	basicGet          = method{60, 70}
	basicGetOK        = method{60, 71}
	basicGetEmpty     = method{60, 72}
	basicAck          = method{60, 80}
	basicReject       = method{60, 90}
	basicNack         = method{60, 120}
	confirmSelect     = method{85, 10}
	methodsWithQueues = map[method]string{
		{40, 10}: "declare exchange ", {40, 20}: "delete exchange ", {40, 30}: "bind exchange ", {40, 40}: "unbind exchange ",
		queueDeclare: "declare queue ", {50, 20}: "bind queue ", {50, 30}: "purge queue ", {50, 40}: "delete queue ",
		{50, 50}: "unbind queue ", basicConsume: "consume from ", basicGet: "get from ",
	}
	methodsPlain = map[method]string{channelOpen: "open channel", {60, 10}: "prefetch", {60, 30}: "cancel consumer"}
)

// cursor reads the fields of a payload. Past the end everything is zero and bad is set.
type cursor struct {
	b   []byte
	bad bool
}

func (c *cursor) take(n int) []byte {
	if n > len(c.b) {
		c.bad, c.b = true, nil
		return nil
	}
	taken := c.b[:n]
	c.b = c.b[n:]
	return taken
}

func (c *cursor) octet() byte {
	if b := c.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (c *cursor) short() uint16 {
	if b := c.take(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

func (c *cursor) long() uint32 {
	if b := c.take(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

func (c *cursor) longlong() uint64 {
	if b := c.take(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

// text reads a short string.
func (c *cursor) text() string { return string(c.take(int(c.octet()))) }

// table skips a table.
func (c *cursor) table() {
	if n := c.long(); uint64(n) > uint64(len(c.b)) {
		c.bad, c.b = true, nil
	} else {
		c.take(int(n))
	}
}

// contentHeader is what is read of a content header frame.
type contentHeader struct {
	size        uint64
	correlation string
	kind        string // the property type
	messageID   string
}

func (h *contentHeader) op() op {
	if h == nil || h.kind == "" || h.correlation == "" {
		return op{}
	}
	return op{h.kind, h.correlation}
}

// propertyForms are the properties in the order of their flags, from the highest bit: s is a
// short string, t a table, o an octet, l eight octets (AMQP 0-9-1, basic class).
const propertyForms = "sstoosssslssss"

const (
	propertyCorrelation = 5
	propertyMessageID   = 8
	propertyType        = 10
)

// parseContentHeader reads a content header frame; nil if it is none. What is cut off in it is
// as if it were not there.
func parseContentHeader(f *amqpFrame) *contentHeader {
	if f.kind != frameContent {
		return nil
	}
	c := cursor{b: f.payload()}
	c.take(4) // class and weight
	h := &contentHeader{size: c.longlong()}
	flags := c.short()
	for more := flags; more&1 != 0 && !c.bad; {
		more = c.short() // flags that no property of the class has
	}
	for i, form := range propertyForms {
		if flags&(1<<(15-i)) == 0 {
			continue
		}
		switch form {
		case 's':
			h.set(i, c.text())
		case 't':
			c.table()
		case 'o':
			c.octet()
		case 'l':
			c.longlong()
		}
	}
	return h
}

func (h *contentHeader) set(property int, value string) {
	switch property {
	case propertyCorrelation:
		h.correlation = value
	case propertyMessageID:
		h.messageID = value
	case propertyType:
		h.kind = value
	}
}

// settlement is basic.ack, basic.nack or basic.reject; the first two are confirms too.
type settlement struct {
	method   method
	tag      uint64
	multiple bool
	requeue  bool
}

func parseSettlement(m method, c *cursor) settlement {
	s := settlement{method: m, tag: c.longlong()}
	bits := c.octet()
	switch m {
	case basicAck:
		s.multiple = bits&1 != 0
	case basicNack:
		s.multiple, s.requeue = bits&1 != 0, bits&2 != 0
	case basicReject:
		s.requeue = bits&1 != 0
	}
	return s
}

// what is the name of the crossing.
func (s *settlement) what() string {
	switch {
	case s.method == basicAck:
		return "ack"
	case s.requeue:
		return "requeue"
	default:
		return "reject"
	}
}

// encode writes the settlement as a frame.
func (s *settlement) encode(channel uint16) []byte {
	var bits byte
	if s.multiple {
		bits |= 1
	}
	if s.requeue && s.method == basicReject {
		bits |= 1
	} else if s.requeue {
		bits |= 2
	}
	b := []byte{frameMethod}
	b = binary.BigEndian.AppendUint16(b, channel)
	b = binary.BigEndian.AppendUint32(b, 13)
	b = binary.BigEndian.AppendUint16(b, s.method.class)
	b = binary.BigEndian.AppendUint16(b, s.method.id)
	b = binary.BigEndian.AppendUint64(b, s.tag)
	return append(b, bits, frameEnd)
}

// withoutMandatory returns a copy of a basic.publish that asks for no return. The bits are the
// last octet.
func withoutMandatory(raw []byte) []byte {
	b := append([]byte(nil), raw...)
	b[len(b)-2] &^= 1
	return b
}
