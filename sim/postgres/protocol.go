package postgres

import (
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/sim"
	"github.com/squallhq/squall/sim/postgres/sql"
	"github.com/squallhq/squall/sim/postgres/value"
)

// requestKind is what a client asks for.
type requestKind uint8

const (
	requestSimple  requestKind = iota // a text, perhaps of several statements
	requestPrepare                    // parse and describe
	requestExecute                    // bind and execute one prepared statement
	requestBatch                      // the same for several, up to one Sync
	requestCopy                       // one statement for many rows
	requestPing
)

// request is what travels to the server. A connection has one, which is used again when its
// answer has arrived.
type request struct {
	kind     requestKind
	crossing sim.Crossing
	text     string
	items    []item
	copied   *prepared // of a COPY: the INSERT that stands for it
	failure  string    // why the client ends a COPY
	epoch    int       // the life of the client's node that sent it

	finished  bool // the server has done it
	committed bool // by committing
	gaveUp    bool // the client has stopped waiting
}

// item is one statement to execute.
type item struct {
	prepared *prepared
	formats  []int16 // of the result columns
	args     []argument
}

// argument is a parameter's value: as such where pgx's encoding is plain, else encoded.
type argument struct {
	value  value.Value
	raw    []byte
	format int16
	coded  bool // raw and format count
}

func (r *request) begin(kind requestKind) {
	r.kind, r.text, r.copied, r.failure = kind, "", nil, ""
	r.items = r.items[:0]
	r.finished, r.committed, r.gaveUp = false, false, false
}

func (r *request) item(p *prepared) *item {
	if n := len(r.items); n < cap(r.items) {
		r.items = r.items[:n+1]
		i := &r.items[n]
		i.prepared, i.args = p, i.args[:0]
		return i
	}
	r.items = append(r.items, item{prepared: p})
	return &r.items[len(r.items)-1]
}

func (r *request) latency(p chaos.Purpose) time.Duration {
	if r.kind == requestPing {
		return pingLatency
	}
	return r.crossing.Latency(p)
}

// send puts the request on its way and brings about the fates that strike there.
func (r *request) send(c *conn) {
	r.epoch = c.pool.client.Epoch()
	if r.crossing.Fault == chaos.KindFailBefore && r.kind != requestPing {
		c.link.Break(r.latency(purposeRequest))
		return
	}
	if r.kind == requestPrepare {
		c.link.Send(sim.ToServer, r.latency(purposePrepare), c.session.arrive)
		return
	}
	if r.crossing.Fault == chaos.KindLoseReply {
		c.link.Silence(sim.ToClient)
	}
	c.link.Send(sim.ToServer, r.latency(purposeRequest)+r.crossing.By, c.session.arrive)
}

const (
	markLostCommitted    = "commit reply lost, had committed"
	markLostNotCommitted = "commit reply lost, had not committed"
	markDeadCommitted    = "dead client's transaction committed after reboot"
	markDeadlock         = "deadlock"
	markSerialization    = "serialization failure"
	markLockWait         = "lock wait"
)

// unanswered notes that the client has stopped waiting for the answer to a COMMIT.
func (r *request) unanswered(c *conn) {
	if !r.commits(c) {
		return
	}
	switch {
	case r.finished:
		r.markLost(c.world)
	case r.crossing.Fault == chaos.KindFailBefore || c.session.over():
		c.world.Mark(markLostNotCommitted)
	default:
		r.gaveUp = true
	}
}

func (r *request) commits(c *conn) bool {
	if r.kind != requestSimple {
		return false
	}
	statement, err := c.pool.server.cache.script(r.text).one()
	_, commit := statement.(*sql.Commit)
	return err == nil && commit
}

func (r *request) markLost(w *sim.World) {
	if r.committed {
		w.Mark(markLostCommitted)
	} else {
		w.Mark(markLostNotCommitted)
	}
}

// reply is what travels back. It stands in the connection and is used again.
type reply struct {
	results  []result
	data     []byte // the rows of all results, each column as in DataRow
	prepared *prepared
	err      *pgconn.PgError
	status   byte
}

// result is the answer to one statement.
type result struct {
	fields   []pgconn.FieldDescription
	scans    []scan
	verb     string // of the tag
	counted  bool   // the tag ends with the number of rows
	affected int
	rows     int // sent
	from, to int // of the reply's data
}

func (r *reply) begin() {
	r.results, r.data = r.results[:0], r.data[:0]
	r.prepared, r.err = nil, nil
}

func (r *reply) result() *result {
	r.results = append(r.results, result{from: len(r.data), to: len(r.data)})
	return &r.results[len(r.results)-1]
}

// commandTag writes the tag.
func (r *result) commandTag() pgconn.CommandTag {
	if !r.counted {
		return pgconn.NewCommandTag(r.verb)
	}
	if r.affected < len(fewRows) {
		for i := range commonTags {
			if commonTags[i].verb == r.verb {
				return commonTags[i].tags[r.affected]
			}
		}
	}
	return pgconn.NewCommandTag(r.verb + " " + strconv.Itoa(r.affected))
}

const fewRows = "0123"

// tagsOf are the tags of a verb with few rows, so that writing them does not allocate.
type tagsOf struct {
	verb string
	tags [len(fewRows)]pgconn.CommandTag
}

var commonTags = [...]tagsOf{tagsFor("SELECT"), tagsFor("INSERT 0"), tagsFor("UPDATE"), tagsFor("DELETE")}

func tagsFor(verb string) tagsOf {
	t := tagsOf{verb: verb}
	for i := range t.tags {
		t.tags[i] = pgconn.NewCommandTag(verb + " " + fewRows[i:i+1])
	}
	return t
}

// prepared is a statement as a session knows it: what was described to the client stays as
// it is, even when the plan behind it is made anew.
type prepared struct {
	script  *script
	params  []*value.Type
	oids    []uint32
	fields  []pgconn.FieldDescription
	formats []int16
	scans   []scan
	plan    *plan
	paths   int // the session's search_path when plan was made

	discards int // the session's, when the statement was prepared
}

func (p *prepared) description(name, text string) *pgconn.StatementDescription {
	return &pgconn.StatementDescription{Name: name, SQL: text, ParamOIDs: p.oids, Fields: p.fields}
}
