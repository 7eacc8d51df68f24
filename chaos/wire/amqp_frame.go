package wire

import (
	"encoding/binary"
	"fmt"
	"sync/atomic"
)

// A frame is a type, a channel, a size, the payload and an end octet (AMQP 0-9-1, 4.2.3).
const (
	frameMethod    = 1
	frameContent   = 2
	frameBody      = 3
	frameHeartbeat = 8
	frameEnd       = 0xCE

	frameHead     = 7
	frameOverhead = frameHead + 1
)

const (
	frameMaxFirst = 128 << 10 // until the peers have agreed; RabbitMQ's default
	frameMaxHeld  = 1 << 20   // of methods and headers, which are seen whole
	aheadMax      = 4 << 20   // of what lies between a method and its header
)

// amqpFrame is a frame. A body that nobody needs is not read: its raw is nil.
type amqpFrame struct {
	kind    byte
	channel uint16
	size    int64  // of the payload
	raw     []byte // the whole of it, or nil
}

func (f *amqpFrame) payload() []byte { return f.raw[frameHead : len(f.raw)-1] }

// parseFrameHead reads the first seven octets. An error is garbage.
func parseFrameHead(b []byte, maximum int64) (amqpFrame, error) {
	f := amqpFrame{kind: b[0], channel: binary.BigEndian.Uint16(b[1:]), size: int64(binary.BigEndian.Uint32(b[3:]))}
	switch f.kind {
	case frameMethod, frameContent:
		maximum = min(maximum, frameMaxHeld)
	case frameBody:
	case frameHeartbeat:
		maximum = 0
	default:
		return f, &garbage{fmt.Sprintf("AMQP knows no frame of type %#x", f.kind)}
	}
	if f.size > maximum {
		return f, &garbage{fmt.Sprintf("an AMQP frame of type %d has %d octets, at most %d were agreed", f.kind, f.size, maximum)}
	}
	return f, nil
}

// frames reads the frames of a flow.
type frames struct {
	*flow
	maximum    *atomic.Int64 // size of a payload
	ahead      []amqpFrame   // read already, in order
	aheadBytes int64
}

// next takes the next frame.
func (r *frames) next() (amqpFrame, error) {
	if len(r.ahead) > 0 {
		f := r.ahead[0]
		r.ahead = r.ahead[1:]
		r.aheadBytes -= int64(len(f.raw))
		return f, nil
	}
	return r.read(false)
}

// read reads a frame's head, and its rest unless it is a body that need not be held.
func (r *frames) read(whole bool) (amqpFrame, error) {
	head, err := r.peek(frameHead)
	if err != nil {
		return amqpFrame{}, err
	}
	f, err := parseFrameHead(head, r.maximum.Load())
	if err != nil || f.kind == frameBody && !whole {
		return f, err
	}
	err = r.load(&f)
	return f, err
}

// load reads a frame whose head is next.
func (r *frames) load(f *amqpFrame) error {
	total := int(f.size + frameOverhead)
	if total <= bufferBytes {
		if _, err := r.peek(total); err != nil {
			return err
		}
	} else if err := r.flush(); err != nil {
		return err
	}
	raw := make([]byte, total)
	for n := 0; n < total; {
		more, err := r.in.Read(raw[n:])
		n += more
		if err != nil {
			r.stash(amqpFrame{raw: raw[:n]})
			return unexpected(err)
		}
	}
	f.raw = raw
	if raw[total-1] != frameEnd {
		return badEnd(raw[total-1])
	}
	return nil
}

func badEnd(b byte) error {
	return &garbage{fmt.Sprintf("an AMQP frame ends with %#x and not with %#x", b, frameEnd)}
}

func (r *frames) stash(f amqpFrame) {
	r.ahead = append(r.ahead, f)
	r.aheadBytes += int64(len(f.raw))
}

// lookFor returns the content header that follows on a channel, or nil if there is none.
// Frames of other channels may come between.
func (r *frames) lookFor(channel uint16) (*contentHeader, error) {
	for i := 0; ; i++ {
		if i == len(r.ahead) {
			if r.aheadBytes > aheadMax {
				return nil, nil //nolint:nilnil // a message without a name is no error
			}
			f, err := r.read(true)
			if err != nil {
				return nil, err
			}
			r.stash(f)
		}
		f := &r.ahead[i]
		if f.channel == channel && f.kind != frameHeartbeat {
			return parseContentHeader(f), nil
		}
	}
}

// spill forwards what was read ahead when the flow has ended.
func (r *frames) spill(first ...amqpFrame) {
	for _, f := range append(first, r.ahead...) {
		if r.write(f.raw) != nil {
			return
		}
	}
	r.ahead = nil
}

// carry forwards a frame.
func (r *frames) carry(f *amqpFrame) error {
	if f.raw != nil {
		return r.write(f.raw)
	}
	r.frame.Lock()
	defer r.frame.Unlock()
	if err := r.pass(frameHead + f.size); err != nil {
		return err
	}
	return r.passEnd()
}

func (r *frames) passEnd() error {
	if r.in.Buffered() == 0 {
		if err := r.out.Flush(); err != nil {
			return err
		}
	}
	end, err := r.in.Peek(1)
	if err != nil {
		return unexpected(err)
	}
	if end[0] != frameEnd {
		return badEnd(end[0])
	}
	return r.pass(1)
}

// drop takes a frame and sends it nowhere.
func (r *frames) drop(f *amqpFrame) error {
	if f.raw != nil {
		r.withheld.Add(int64(len(f.raw)))
		return nil
	}
	return r.withhold(f.size + frameOverhead)
}
