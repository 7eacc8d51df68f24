package wire

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"github.com/squallhq/squall/chaos"
)

// postgresSession understands one PostgreSQL connection.
type postgresSession struct {
	*session

	// Of the upward pump alone:
	statements map[string]*described // prepared, by name
	portals    map[string]*described // bound, by name
	grouped    bool                  // an Execute has gone since the last Sync

	mutex   sync.Mutex // guards what follows, and described.rows
	op      op         // of the transaction
	pending []expected // what the server has still to answer, in order
	asked   *described // it answers the Describe of this one now
	struck  *reply     // the reply that a fate is about
}

// described is a prepared statement.
type described struct {
	statement
	guess rows // by its text
}

// expected is an answer that the server owes: the description of a statement, or
// ReadyForQuery, if that is nil.
type expected struct {
	describe *described
	sync     bool // asked for by Sync, which a COPY ignores
}

// reply is the answer to a struck request.
type reply struct {
	crossing   crossing
	skip       int  // ReadyForQuery that come before it; at first -1 if its own is pending
	atComplete bool // it ends with CommandComplete, for the request had no Sync
	withheld   int64
}

// statementsMax bounds what is remembered of a connection's prepared statements.
const statementsMax = 1 << 14

func newPostgresSession(s *session) *postgresSession {
	return &postgresSession{session: s, statements: map[string]*described{}, portals: map[string]*described{}}
}

// greet carries the packets before the first message: requests for encryption and their
// answers, the start, or a cancel request, which is a connection of its own
// (PostgreSQL documentation, 55.2.1, 55.2.8, 55.2.10).
func (p *postgresSession) greet() (blind bool, err error) {
	for {
		first, err := p.up.peek(1)
		if err != nil {
			return false, err
		}
		if first[0] == tlsHandshake {
			p.proxy.stats.encrypted.Add(1)
			return true, nil
		}
		code, err := p.packet()
		if err != nil {
			return false, err
		}
		switch {
		case code == codeSSL || code == codeGSS:
			if accepted, err := p.encryption(); accepted || err != nil {
				return accepted, err
			}
		case code == codeCancel || code>>16 != protocolMajor3:
			return true, nil
		default:
			return false, nil
		}
	}
}

func (p *postgresSession) packet() (code uint32, err error) {
	head, err := p.up.peek(startupMin)
	if err != nil {
		return 0, err
	}
	total, code, err := parseStartup(head)
	if err != nil {
		return 0, err
	}
	if err := p.up.forward(int64(total)); err != nil {
		return 0, err
	}
	return code, p.up.flush()
}

// encryption carries the server's answer to a request for it: a single byte, or an error
// of a server that knows no such request.
func (p *postgresSession) encryption() (accepted bool, err error) {
	answer, err := p.down.peek(1)
	if err != nil {
		return false, err
	}
	kind := answer[0]
	switch kind {
	case 'E':
		return true, nil
	case 'S', 'G', 'N':
	default:
		return false, &garbage{fmt.Sprintf("PostgreSQL does not answer a request for encryption with %#x", kind)}
	}
	if err := p.down.forward(1); err != nil {
		return false, err
	}
	if kind != 'N' {
		p.proxy.stats.encrypted.Add(1)
	}
	return kind != 'N', p.down.flush()
}

// pumpUp carries what the client sends.
func (p *postgresSession) pumpUp() error {
	for {
		m, err := p.up.message()
		if err != nil {
			return err
		}
		if err := p.request(m); err != nil {
			return err
		}
		if err := p.up.forward(m.total); err != nil {
			return err
		}
	}
}

// request handles a message of the client's that has not been forwarded.
func (p *postgresSession) request(m postgresMessage) error {
	switch m.kind {
	case 'Q':
		return p.query(m)
	case 'P':
		p.parse(m.body)
	case 'B':
		p.bind(m.body)
	case 'D':
		p.describe(m.body)
	case 'C':
		p.forget(m.body)
	case 'E':
		return p.execute(m)
	case 'F':
		p.expect(expected{})
	case 'S':
		p.grouped = false
		p.expect(expected{sync: true})
	}
	return nil
}

// query is a statement, or several, by the simple protocol.
func (p *postgresSession) query(m postgresMessage) error {
	sql, _ := text(m.body)
	s := parseStatement(sql)
	p.expect(expected{}) // before its op is noted, which is forgotten when nothing is expected
	if what := s.simple(sql); what != "" {
		return p.cross(&s, what, &reply{skip: -1})
	}
	return nil
}

func (p *postgresSession) parse(body []byte) {
	name, rest := text(body)
	sql, _ := text(rest)
	if len(p.statements) >= statementsMax {
		clear(p.statements)
	}
	p.statements[name] = &described{parseStatement(sql), returnsRows(sql)}
}

func (p *postgresSession) bind(body []byte) {
	portal, rest := text(body)
	name, _ := text(rest)
	if len(p.portals) >= statementsMax {
		clear(p.portals)
	}
	p.portals[portal] = p.statements[name]
}

func (p *postgresSession) describe(body []byte) {
	if len(body) < 1 || body[0] != 'S' {
		return
	}
	name, _ := text(body[1:])
	p.expect(expected{describe: p.statements[name]})
}

func (p *postgresSession) forget(body []byte) {
	if len(body) < 1 {
		return
	}
	name, _ := text(body[1:])
	if body[0] == 'S' {
		delete(p.statements, name)
	} else {
		delete(p.portals, name)
	}
}

// execute is the crossing of a statement by the extended protocol: the first of those up
// to one Sync stands for all.
func (p *postgresSession) execute(m postgresMessage) error {
	if p.grouped {
		return nil
	}
	p.grouped = true
	portal, _ := text(m.body)
	s := p.portals[portal]
	if s == nil {
		s = &described{statement: statement{verb: "?", name: "statement"}}
	}
	next, err := p.following(m.total)
	if err != nil {
		return err
	}
	what := "exec "
	switch {
	case next != 0 && next != 'S' && next != 'H':
		what = "batch "
	case p.returns(s) == rowsSome:
		what = "query "
	}
	return p.cross(&s.statement, what+s.name, &reply{atComplete: next == 'H'})
}

// lookahead is how long a client may take to say what follows an Execute. It has a Sync or
// another message ready, or waits for what it will not get without either.
const lookahead = 20 * time.Millisecond

// following returns the type of the message after the one at hand, or 0 if none comes.
func (p *postgresSession) following(total int64) (byte, error) {
	if total >= bufferBytes {
		return 0, nil
	}
	if p.up.in.Buffered() <= int(total) {
		if err := p.up.flush(); err != nil {
			return 0, err
		}
		_ = p.client.SetReadDeadline(time.Now().Add(lookahead))
		defer p.client.SetReadDeadline(time.Time{}) //nolint:errcheck // of a connection that is gone
	}
	b, err := p.up.in.Peek(int(total) + 1)
	var network net.Error
	if errors.As(err, &network) && network.Timeout() || errors.Is(err, os.ErrDeadlineExceeded) {
		return 0, nil
	}
	if err != nil {
		return 0, nil // what is there is carried first; the pump meets the error again
	}
	return b[total], nil
}

func (p *postgresSession) returns(s *described) rows {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if s.rows != rowsUnknown {
		return s.rows
	}
	return s.guess
}

// expectedMax bounds how far a client may be ahead of the server.
const expectedMax = 1 << 16

func (p *postgresSession) expect(e expected) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if len(p.pending) < expectedMax {
		p.pending = append(p.pending, e)
	}
}

// cross lets a statement meet its fate. An error means that it must not be forwarded.
func (p *postgresSession) cross(s *statement, what string, r *reply) error {
	c := p.proxy.config.Book.cross(p.proxy.config.Service, what, p.opOf(s, what), statementFates, true)
	switch c.fault {
	case chaos.KindFailBefore:
		return p.failBefore(p.up, c)
	case chaos.KindFailAfter, chaos.KindLoseReply:
		r.crossing = c
		p.strike(r)
	case chaos.KindDelay:
		return p.late(p.up, c)
	case chaos.KindKill, chaos.KindLoseMachine:
		return p.crash(p.up, c)
	}
	return nil
}

// opOf returns the op of the transaction that the statement begins, is part of, or ends.
func (p *postgresSession) opOf(s *statement, what string) op {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	switch {
	case s.verb == "begin" || s.verb == "start":
		p.op = s.op
	case what == "commit" || what == "rollback":
		ended := p.op
		p.op = op{}
		return ended
	}
	return p.op
}

// strike lets the reply to the request that is about to be forwarded meet its fate.
func (p *postgresSession) strike(r *reply) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for _, e := range p.pending {
		if e.describe == nil {
			r.skip++
		}
	}
	p.struck = r
}
