package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/squallhq/squall/sim/postgres/store"
	"github.com/squallhq/squall/sim/postgres/value"
)

type fieldDescription = pgconn.FieldDescription

// errStop ends a query whose further rows nobody wants.
var errStop = errors.New("enough rows")

// execution is a statement being executed. A session has one and uses it again.
type execution struct {
	session *session
	ctx     context.Context
	context value.Context
	plan    *plan
	params  []value.Value
	tx      *store.Tx
	snap    *store.Snapshot
	snapped bool // the transaction has taken a snapshot
	out     *result
	formats []int16
	stack   []value.Value // arguments of calls in progress
	once    []onceResult
	ctes    []cteState
	frames  []*frame // to use again
	cursors []*cursor
}

// cteState is what a common table expression has given so far.
type cteState struct {
	outer *frame
	rows  []value.Row
	done  bool
}

// plan is a statement ready to be executed. It is immutable.
type plan struct {
	version uint64 // of the catalog that it was made for
	params  []*value.Type
	columns []column
	locks   []tableLock
	once    int
	ctes    int
	private bool   // only for the session that made it
	writes  string // the command's name, if a read-only transaction refuses it
	run     func(x *execution) error
	utility bool // no snapshot, no end of statement
}

func (x *execution) init(s *session) {
	x.session = s
	x.context = value.Context{
		ClockNow: s.server.micros,
		Random:   s.server.nextRandom,
		Serve:    x.serve,
		RegClass: s.regClass,
	}
}

func (x *execution) begin(p *plan, out *result) {
	x.plan, x.out, x.tx = p, out, x.session.tx
	x.context.Now = x.session.startedAt
	x.context.Statement = x.session.server.micros()
	x.context.Zone = x.session.settings.zone
	x.stack = x.stack[:0]
	if p.once > 0 {
		x.once = append(x.once[:0], make([]onceResult, p.once)...)
	}
	if p.ctes > 0 {
		x.ctes = append(x.ctes[:0], make([]cteState, p.ctes)...)
	}
}

func (x *execution) finish() {
	x.snap = nil
	for i := range x.once {
		x.once[i] = onceResult{}
	}
	for i := range x.ctes {
		x.ctes[i] = cteState{}
	}
}

// execute runs the plan under a snapshot of its own.
func (p *plan) execute(x *execution) error {
	if p.utility {
		return p.run(x)
	}
	x.snap = x.tx.BeginStatement()
	x.snapped = true
	if err := p.run(x); err != nil {
		return err
	}
	if x.session.interrupt != nil {
		return x.session.interrupt
	}
	return x.tx.EndStatement(x.snap)
}

// frame returns a frame for a query level.
func (x *execution) frame(places int, outer *frame) *frame {
	var f *frame
	if n := len(x.frames); n > 0 {
		f = x.frames[n-1]
		x.frames = x.frames[:n-1]
	} else {
		f = new(frame)
	}
	if cap(f.rows) < places {
		f.rows, f.tuples = make([]value.Row, places), make([]*store.Tuple, places)
	}
	f.rows, f.tuples = f.rows[:places], f.tuples[:places]
	f.outer, f.x = outer, x
	return f
}

// free gives a frame back.
func (x *execution) free(f *frame) {
	clear(f.rows)
	clear(f.tuples)
	f.outer = nil
	x.frames = append(x.frames, f)
}

// send puts a row into the reply.
func (x *execution) send(row value.Row) error {
	reply := &x.session.client.reply
	for i := range row {
		var err error
		if reply.data, err = x.column(reply.data, i, row[i]); err != nil {
			return err
		}
	}
	x.out.rows++
	x.out.affected++
	return nil
}

// column appends one column as DataRow has it: length and bytes, or -1 for NULL.
func (x *execution) column(data []byte, i int, v value.Value) ([]byte, error) {
	if v.Kind == value.KindNull {
		return append(data, 0xff, 0xff, 0xff, 0xff), nil
	}
	from := len(data)
	data = append(data, 0, 0, 0, 0)
	t := x.plan.columns[i].typ
	if formatOf(x.formats, i) == 1 {
		var err error
		if data, err = t.AppendBinary(data, v); err != nil {
			return data, err
		}
	} else {
		data = t.AppendText(&x.context, data, v)
	}
	n := len(data) - from - 4
	data[from], data[from+1], data[from+2], data[from+3] = byte(n>>24), byte(n>>16), byte(n>>8), byte(n)
	return data, nil
}

// truth evaluates a condition.
func truth(e evaluator, f *frame) (bool, error) {
	v, err := e(f)
	return v.Kind == value.KindBool && v.N != 0, err
}

// allTrue evaluates conditions in order.
func allTrue(list []evaluator, f *frame) (bool, error) {
	for _, e := range list {
		v, err := e(f)
		if err != nil || v.Kind != value.KindBool || v.N == 0 {
			return false, err
		}
	}
	return true, nil
}
