package wire

import (
	"fmt"

	"github.com/squallhq/squall/chaos"
)

// pumpDown carries what the server sends.
func (p *postgresSession) pumpDown() error {
	for {
		m, err := p.down.message()
		if err != nil {
			return p.cutShort(err)
		}
		r := p.answer(m)
		if r == nil {
			err = p.down.forward(m.total)
		} else {
			err = p.withhold(r, m)
		}
		if err != nil {
			return err
		}
	}
}

// answer notes what a message of the server's says. It returns the struck reply if the
// message is part of it.
func (p *postgresSession) answer(m postgresMessage) *reply {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	struck := p.struck
	if struck != nil && (struck.skip > 0 || m.kind == 'G' || m.kind == 'W') {
		struck = nil // the client must know that it may send its rows, or nothing would happen
	}
	switch m.kind {
	case 't':
		p.asked = p.nextDescribe()
	case 'T', 'n':
		p.describeAs(m.kind)
	case 'G', 'W':
		p.ignoreSync()
	case 'Z':
		p.ready(m.body)
	}
	return struck
}

// nextDescribe takes the Describe that is answered now. It is the first of those pending:
// what came before it has been answered.
func (p *postgresSession) nextDescribe() *described {
	if len(p.pending) == 0 || p.pending[0].describe == nil {
		return nil
	}
	asked := p.pending[0].describe
	p.pending = p.pending[1:]
	return asked
}

func (p *postgresSession) describeAs(kind byte) {
	if p.asked == nil {
		return
	}
	p.asked.rows = rowsSome
	if kind == 'n' {
		p.asked.rows = rowsNone
	}
	p.asked = nil
}

// ignoreSync forgets the Sync behind a COPY from the client, which the server does not
// answer (PostgreSQL documentation, 55.2.6).
func (p *postgresSession) ignoreSync() {
	if len(p.pending) > 0 && p.pending[0].sync {
		p.pending = p.pending[1:]
	}
}

// ready is ReadyForQuery: everything up to one Query or Sync is answered, or was skipped
// after an error.
func (p *postgresSession) ready(body []byte) {
	answered := len(p.pending) == 0
	for len(p.pending) > 0 && !answered {
		answered = p.pending[0].describe == nil
		p.pending = p.pending[1:]
	}
	p.asked = nil
	if p.struck != nil && p.struck.skip > 0 {
		p.struck.skip--
	}
	if len(p.pending) == 0 && len(body) > 0 && body[0] == 'I' {
		p.op = op{} // of a BEGIN that failed, or of a transaction that ended unseen
	}
}

// withhold keeps a message of a struck reply from the client.
func (p *postgresSession) withhold(r *reply, m postgresMessage) error {
	if err := p.down.flush(); err != nil {
		return err
	}
	if r.crossing.fault == chaos.KindLoseReply {
		r.crossing.prove(func(proof *Proof) {
			proof.Bit, proof.Arrived, proof.Text = true, true, "the server answered; nothing was forwarded from its answer on"
		})
		p.silence(p.down, r.crossing)
		return p.down.forward(m.total)
	}
	if err := p.down.withhold(m.total); err != nil {
		return p.cutShort(err)
	}
	r.withheld += m.total
	if m.kind == 'Z' || r.atComplete && (m.kind == 'C' || m.kind == 'E' || m.kind == 'I' || m.kind == 's') {
		p.breakOff()
		p.proveWithheld(r, fmt.Sprintf("the server's answer of %d bytes was withheld, the client's connection was reset", r.withheld))
		return errBroken
	}
	return nil
}

func (p *postgresSession) proveWithheld(r *reply, text string) {
	r.crossing.prove(func(proof *Proof) {
		proof.Bit, proof.Arrived, proof.Withheld, proof.Text = true, true, r.withheld, text
	})
}

// cutShort handles the end of the server's side while a reply is awaited for FailAfter: the
// client sees a reset then too.
func (p *postgresSession) cutShort(err error) error {
	p.mutex.Lock()
	r := p.struck
	p.mutex.Unlock()
	if r == nil || r.crossing.fault != chaos.KindFailAfter || p.isDone() {
		return err
	}
	p.breakOff()
	r.crossing.prove(func(proof *Proof) {
		proof.Bit, proof.Withheld = true, r.withheld
		proof.Text = "the server ended the connection before it had answered; the client's connection was reset"
	})
	return errBroken
}
