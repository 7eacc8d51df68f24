package postgres

import (
	"slices"
	"sort"

	"github.com/squallhq/squall/sim/postgres/sql"
	"github.com/squallhq/squall/sim/postgres/value"
)

// windowStep computes one window function over all rows.
type windowStep struct {
	name      string
	aggregate *value.Aggregate
	args      []evaluator
	filter    evaluator
	partition []evaluator
	order     []frameKey
	frame     *sql.Frame
	from, to  evaluator
	t         *value.Type
}

func newWindowSteps(list []*windowNode) []*windowStep {
	var steps []*windowStep
	for _, n := range list {
		s := &windowStep{name: n.name, aggregate: n.aggregate, args: compileAll(n.args), partition: compileAll(n.spec.partition), frame: n.spec.frame, t: n.t}
		if n.filter != nil {
			s.filter = n.filter.compile()
		}
		for _, k := range n.spec.order {
			s.order = append(s.order, frameKey{k.node.compile(), k.desc, k.nullsFirst})
		}
		if n.spec.from != nil {
			s.from = n.spec.from.compile()
		}
		if n.spec.to != nil {
			s.to = n.spec.to.compile()
		}
		steps = append(steps, s)
	}
	return steps
}

// windowRow is a row with what a window function needs of it.
type windowRow struct {
	index   int
	part    value.Row
	keys    []value.Value
	args    []value.Value
	counted bool // passes the filter
}

// withWindows reads all rows, computes every window function, and passes the rows on.
func (c *core) withWindows(f *frame, out func() error) error {
	everything := c.all()
	for _, step := range slices.Backward(c.windows) {
		if _, _, err := step.offsets(f); err != nil { // also if there are no rows
			return err
		}
	}
	var rows []saved
	keep := func() error { rows = append(rows, save(f, everything)); return nil }
	if err := c.grouped(f, c.expand(setsBeforeWindows, f, keep)); err != nil {
		return err
	}
	results := make([]value.Row, len(rows))
	for i := range results {
		results[i] = make(value.Row, len(c.windows))
	}
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	for n, step := range c.windows {
		list, err := step.gather(f, rows, everything)
		if err != nil {
			return err
		}
		step.sort(list)
		for from := 0; from < len(list); {
			to := from + 1
			for to < len(list) && sameRow(list[from].part, list[to].part) {
				to++
			}
			if err := step.compute(f, list[from:to], func(i int, v value.Value) { results[i][n] = v }); err != nil {
				return err
			}
			from = to
		}
		for i := range list {
			order[i] = list[i].index
		}
	}
	for _, i := range order {
		rows[i].restore(f, everything)
		f.rows[c.window] = results[i]
		if err := out(); err != nil {
			return err
		}
	}
	return nil
}

func (s *windowStep) gather(f *frame, rows []saved, everything []int) ([]windowRow, error) {
	list := make([]windowRow, len(rows))
	for i := range rows {
		rows[i].restore(f, everything)
		w := &list[i]
		w.index, w.counted = i, true
		for _, e := range s.partition {
			v, err := e(f)
			if err != nil {
				return nil, err
			}
			w.part = append(w.part, v)
		}
		for _, k := range s.order {
			v, err := k.eval(f)
			if err != nil {
				return nil, err
			}
			w.keys = append(w.keys, v)
		}
		for _, e := range s.args {
			v, err := e(f)
			if err != nil {
				return nil, err
			}
			w.args = append(w.args, v)
		}
		if s.filter != nil {
			var err error
			if w.counted, err = truth(s.filter, f); err != nil {
				return nil, err
			}
		}
	}
	return list, nil
}

func (s *windowStep) sort(list []windowRow) {
	sort.SliceStable(list, func(i, j int) bool {
		for n := range list[i].part {
			if c := compareKey(list[i].part[n], list[j].part[n], false, false); c != 0 {
				return c < 0
			}
		}
		return compareKeys(s.order, list[i].keys, list[j].keys) < 0
	})
}

// peers returns the bounds of the rows that sort equal to row i.
func (s *windowStep) peers(part []windowRow, i int) (from, to int) {
	from, to = i, i+1
	for from > 0 && compareKeys(s.order, part[from-1].keys, part[i].keys) == 0 {
		from--
	}
	for to < len(part) && compareKeys(s.order, part[to].keys, part[i].keys) == 0 {
		to++
	}
	return from, to
}

// compute computes the function for the rows of one partition.
func (s *windowStep) compute(f *frame, part []windowRow, set func(int, value.Value)) error {
	group := int64(0)
	for i := range part {
		from, to := s.peers(part, i)
		if from == i {
			group++
		}
		v, err := s.value(f, part, i, from, to, group)
		if err != nil {
			return err
		}
		set(part[i].index, v)
	}
	return nil
}

func (s *windowStep) value(f *frame, part []windowRow, i, from, to int, group int64) (value.Value, error) {
	n := int64(len(part))
	switch s.name {
	case "row_number":
		return value.OfInt(int64(i + 1)), nil
	case "rank":
		return value.OfInt(int64(from + 1)), nil
	case "dense_rank":
		return value.OfInt(group), nil
	case "percent_rank":
		if n == 1 {
			return value.OfFloat(0), nil
		}
		//simsafe:allow one division cannot be fused with anything
		return value.OfFloat(float64(from) / float64(n-1)), nil
	case "cume_dist":
		//simsafe:allow one division cannot be fused with anything
		return value.OfFloat(float64(to) / float64(n)), nil
	case "ntile":
		return ntile(part[i].args[0], int64(i), n)
	case "lag", "lead":
		return s.offset(part, i)
	}
	start, end, err := s.frameOf(f, part, i)
	if err != nil {
		return value.Value{}, err
	}
	if s.aggregate != nil {
		return s.aggregated(f, part[start:end])
	}
	return s.picked(part, i, start, end)
}

func ntile(v value.Value, i, n int64) (value.Value, error) {
	if v.IsNull() {
		return v, nil
	}
	if v.N <= 0 {
		return v, refusal("22014", "argument of ntile must be greater than zero")
	}
	size, larger := n/v.N, n%v.N
	if i < larger*(size+1) {
		return value.OfInt(i/(size+1) + 1), nil
	}
	return value.OfInt(larger + (i-larger*(size+1))/size + 1), nil
}

func (s *windowStep) offset(part []windowRow, i int) (value.Value, error) {
	args := part[i].args
	distance := int64(1)
	if len(args) > 1 {
		if args[1].IsNull() {
			return value.Value{}, nil
		}
		distance = args[1].N
	}
	if s.name == "lag" {
		distance = -distance
	}
	at := int64(i) + distance
	if at >= 0 && at < int64(len(part)) {
		return part[at].args[0], nil
	}
	if len(args) > 2 {
		return args[2], nil
	}
	return value.Value{}, nil
}

func (s *windowStep) picked(part []windowRow, i, start, end int) (value.Value, error) {
	if start >= end {
		return value.Value{}, nil
	}
	switch s.name {
	case "first_value":
		return part[start].args[0], nil
	case "last_value":
		return part[end-1].args[0], nil
	case "nth_value":
		v := part[i].args[1]
		if v.IsNull() {
			return v, nil
		}
		if v.N <= 0 {
			return v, refusal("22016", "argument of nth_value must be greater than zero")
		}
		if v.N > int64(end-start) {
			return value.Value{}, nil
		}
		return part[start+int(v.N)-1].args[0], nil
	}
	return value.Value{}, unsupported("window function " + s.name)
}

func (s *windowStep) aggregated(f *frame, rows []windowRow) (value.Value, error) {
	acc := s.aggregate.New(&f.x.context)
	for i := range rows {
		if !rows[i].counted {
			continue
		}
		if err := acc.Add(rows[i].args); err != nil {
			return value.Value{}, err
		}
	}
	return acc.Result()
}

// frameOf returns the bounds of row i's frame. Without a frame clause it reaches from the
// partition's start to the row's last peer.
func (s *windowStep) frameOf(f *frame, part []windowRow, i int) (start, end int, err error) {
	first, last := s.peers(part, i)
	if s.frame == nil {
		return 0, last, nil
	}
	from, to, err := s.offsets(f)
	if err != nil {
		return 0, 0, err
	}
	start = s.boundary(part, i, first, last, s.frame.Start.Kind, from, false)
	end = s.boundary(part, i, first, last, s.frame.End.Kind, to, true)
	start, end = max(start, 0), min(end, len(part))
	return min(start, end), end, nil
}

func (s *windowStep) offsets(f *frame) (from, to int, err error) {
	if from, err = frameOffset(f, s.from, "starting"); err == nil {
		to, err = frameOffset(f, s.to, "ending")
	}
	return from, to, err
}

func frameOffset(f *frame, e evaluator, which string) (int, error) {
	if e == nil {
		return 0, nil
	}
	v, err := e(f)
	switch {
	case err != nil:
		return 0, err
	case v.IsNull():
		return 0, refusal("22004", "frame "+which+" offset must not be null")
	case v.N < 0:
		return 0, refusal("22013", "frame "+which+" offset must not be negative")
	}
	return int(v.N), nil
}

// boundary returns the first row of a frame, or the one behind its last.
func (s *windowStep) boundary(part []windowRow, i, first, last int, kind sql.FrameBoundKind, offset int, end bool) int {
	switch kind {
	case sql.UnboundedPreceding:
		return 0
	case sql.UnboundedFollowing:
		return len(part)
	}
	switch kind {
	case sql.OffsetPreceding:
		offset = -offset
	case sql.CurrentRow:
		offset = 0
	}
	if s.frame.Mode == sql.FrameRows {
		if end {
			return i + offset + 1
		}
		return i + offset
	}
	for ; offset > 0 && last < len(part); offset-- {
		first, last = s.peers(part, last)
	}
	if offset > 0 {
		return len(part)
	}
	for ; offset < 0 && first > 0; offset++ {
		first, last = s.peers(part, first-1)
	}
	if offset < 0 {
		return 0
	}
	if end {
		return last
	}
	return first
}
