package postgres

import (
	"strings"

	"errors"
	"fmt"
	"slices"

	"github.com/squallhq/squall/sim/postgres/sql"
	"github.com/squallhq/squall/sim/postgres/store"
	"github.com/squallhq/squall/sim/postgres/value"
)

// analyzer turns one statement's tree into nodes: it resolves names against the catalog,
// finds the types of parameters, and chooses operators, functions and conversions.
type analyzer struct {
	s       *session
	tx      *store.Tx
	text    string
	params  []*value.Type
	fixed   bool // the types of parameters were given
	locks   []tableLock
	once    int  // uncorrelated subqueries
	ctes    int  // common table expressions
	private bool // the plan depends on the session
	context value.Context
	locking string // SELECT FOR UPDATE, if some query locks rows
	late    error  // what the planner refuses, after the analysis
}

// tableLock is a lock that a statement takes before it runs.
type tableLock struct {
	table *store.Table
	mode  store.LockMode
}

// column describes a column of a result.
type column struct {
	name      string
	typ       *value.Type
	mod       int32
	table     uint32
	attribute uint16
}

// oid returns the type that the client hears of: a table's row type is not just any record.
func (c *column) oid() uint32 {
	if c.typ.Relation != 0 {
		return c.typ.Relation
	}
	return c.typ.OID
}

// relation is an item of FROM.
type relation struct {
	alias   string
	schema  string // of a table without alias: schema.table.column may name it
	rel     int    // place in the frame
	table   *store.Table
	def     *store.Definition
	columns []visible
	fields  []int        // columns that are not dropped
	nodes   []columnNode // of columns, in one piece
	target  bool
	scalar  bool // a function's only column: the relation's name stands for it
	shape   bool // columns stand for nodes of other relations (an aliased join)
	hidden  bool // only qualified names... and not even those
	closed  lateral
}

// visible is a name that an unqualified reference can find.
type visible struct {
	name string
	node node
}

// scope is one query level.
type scope struct {
	a          *analyzer
	outer      *scope
	relations  []*relation
	names      []visible
	places     int // of the frame
	ctes       []*cte
	aggregates []*aggregateNode
	windows    []*windowNode
	aggregate  int    // place of the aggregates' row, -1: none
	window     int    // place of the window functions' row, -1: none
	clause     string // WHERE, HAVING, ...: for errors
	noAggs     bool
	noWindows  bool
	inWindow   bool // within a window function's arguments
	noQueries  bool
	noColumns  bool
	generated  []string // columns that may not be named
	correlated bool     // something within refers to a level further out
	uses       uint64   // relations of the level around that something within refers to
	used       []node   // what of this level something within refers to: columns, rows, aggregates
	definition map[string]*sql.Window
	set        int        // place of the row of set-returning functions' elements, -1: none
	sets       []*setNode // set-returning functions in expressions
	allowSets  bool
	setless    string // why there must be none, before what clause says
	nested     bool   // within an aggregate's arguments
	inserting  bool   // of an INSERT, for RETURNING
	building   bool   // FROM is being analyzed: its relations are not to be seen yet
}

func (a *analyzer) newScope(outer *scope) *scope {
	return &scope{a: a, outer: outer, aggregate: -1, window: -1, set: -1}
}

// fail gives an error its position.
func (a *analyzer) fail(at int, code, message string) error {
	e := refusal(code, message)
	e.Position = sql.CharPosition(a.text, at)
	return e
}

// detailed gives an error its detail.
func detailed(err error, detail string) error {
	if e, ok := errors.AsType[*value.Error](err); ok {
		e.Detail = detail
	}
	return err
}

// at adds a position to an error that has none.
func (a *analyzer) at(err error, at int) error {
	var e *value.Error
	if errors.As(err, &e) && e.Position == 0 {
		positioned := *e
		positioned.Position = sql.CharPosition(a.text, at)
		return &positioned
	}
	return err
}

func unsupported(construct string) error { return &value.Unsupported{Construct: construct} }

// lock notes a table's lock. One that is wanted again more strongly is had in both modes, one after the
// other: who holds it weakly may have to wait only for the second.
func (a *analyzer) lock(t *store.Table, m store.LockMode) {
	for _, l := range a.locks {
		if l.table == t && l.mode >= m {
			return
		}
	}
	a.locks = append(a.locks, tableLock{t, m})
}

// lookup finds a relation by name along the search path.
func (a *analyzer) lookup(name sql.QualifiedName) store.Relation {
	if name.Schema != "" {
		return a.tx.Lookup(name.Schema, name.Name)
	}
	for _, schema := range a.s.settings.path {
		if r := a.tx.Lookup(schema, name.Name); r != (store.Relation{}) {
			return r
		}
	}
	return store.Relation{}
}

func relationName(name sql.QualifiedName) string {
	if name.Schema != "" {
		return name.Schema + "." + name.Name
	}
	return name.Name
}

// table finds a table and notes the lock that it needs.
func (a *analyzer) table(name sql.QualifiedName, m store.LockMode) (*store.Table, error) {
	r := a.lookup(name)
	switch {
	case r.Table != nil:
		a.lock(r.Table, m)
		return r.Table, nil
	case r.Index != nil:
		return nil, a.fail(name.Offset(), "42809", `cannot open relation "`+name.Name+`"`)
	case r.Sequence != nil:
		return nil, unsupported("reading or writing the sequence " + name.Name + " as a table")
	}
	if name.Schema == "pg_catalog" || name.Schema == "information_schema" || isCatalogName(name.Name) {
		return nil, unsupported("system catalog " + relationName(name))
	}
	return nil, a.fail(name.Offset(), "42P01", `relation "`+relationName(name)+`" does not exist`)
}

func isCatalogName(name string) bool { return len(name) > 3 && name[:3] == "pg_" }

// addTable makes a table a relation of the scope.
func (s *scope) addTable(t *store.Table, alias *sql.Alias) *relation {
	def := t.Def(s.a.tx)
	r := &relation{rel: s.places, table: t, def: def}
	s.places++
	r.alias = t.Name(s.a.tx)
	if alias != nil {
		r.alias = alias.Name
	} else {
		r.schema = t.Schema()
	}
	r.reserve(len(def.Columns))
	for i := range def.Columns {
		c := &def.Columns[i]
		if c.Dropped {
			continue
		}
		name := c.Name
		if alias != nil && len(r.fields) < len(alias.Columns) {
			name = alias.Columns[len(r.fields)].Name
		}
		r.add(i, name, typed{t: c.Type, mod: c.Mod})
	}
	s.relations = append(s.relations, r)
	return r
}

// addRows makes something that yields rows of known columns a relation.
func (s *scope) addRows(columns []column, alias string, names []sql.Ident) *relation {
	r := &relation{rel: s.places, alias: alias}
	s.places++
	r.reserve(len(columns))
	for i, c := range columns {
		name := c.name
		if i < len(names) {
			name = names[i].Name
		}
		r.add(i, name, typed{t: c.typ, mod: c.mod})
	}
	s.relations = append(s.relations, r)
	return r
}

// reserve makes room for n columns.
func (r *relation) reserve(n int) {
	r.fields, r.columns, r.nodes = make([]int, 0, n), make([]visible, 0, n), make([]columnNode, 0, n)
}

// add makes the i-th field of the relation's rows visible as a column. There must be room: the
// nodes do not move.
func (r *relation) add(i int, name string, t typed) {
	r.nodes = append(r.nodes, columnNode{typed: t, rel: r.rel, col: i, name: name, table: r})
	r.fields = append(r.fields, i)
	r.columns = append(r.columns, visible{name, &r.nodes[len(r.nodes)-1]})
}

// checkAlias refuses a name that is taken in the same FROM.
func (s *scope) checkAlias(r *relation, at int) error {
	for _, other := range s.relations {
		if other != r && other.alias == r.alias && other.schema == r.schema && r.alias != "" {
			return s.a.fail(at, "42712", `table name "`+r.alias+`" specified more than once`)
		}
	}
	return nil
}

// shift makes a node of an outer level usable depth levels further in.
func shift(n node, depth int) node {
	if depth == 0 {
		return n
	}
	switch c := n.(type) {
	case *columnNode:
		moved := *c
		moved.depth += depth
		return &moved
	case *coalesceNode:
		moved := *c
		moved.args = make([]node, len(c.args))
		for i, arg := range c.args {
			moved.args[i] = shift(arg, depth)
		}
		return &moved
	case *castNode:
		moved := *c
		moved.arg = shift(c.arg, depth)
		return &moved
	case *systemNode:
		moved := *c
		moved.depth += depth
		return &moved
	case *wholeRowNode:
		moved := *c
		moved.depth += depth
		moved.present = make([]node, len(c.present))
		for i, column := range c.present {
			moved.present[i] = shift(column, depth)
		}
		return &moved
	}
	return n
}

func placed(n node, at int) node {
	if c, ok := n.(*columnNode); ok {
		moved := *c
		moved.at = at
		return &moved
	}
	return n
}

// columnRef resolves a column, going outwards level by level.
func (s *scope) columnRef(c *sql.ColumnRef) (node, error) {
	switch {
	case s.noColumns:
		return nil, s.a.fail(c.Offset(), "0A000", "cannot use column reference in "+strings.TrimSuffix(s.clause, "s"))
	case slices.Contains(s.generated, c.Name):
		err := s.a.fail(c.Offset(), "42P17", `cannot use generated column "`+c.Name+`" in column generation expression`)
		return nil, detailed(err, "A generated column cannot reference another generated column.")
	}
	if c.Table != "" {
		return s.qualified(c)
	}
	for level, depth := s, 0; level != nil; level, depth = level.outer, depth+1 {
		if level.building {
			continue
		}
		n, err := level.unqualified(c)
		if err != nil {
			return nil, err
		}
		if n != nil {
			if err := s.refuseClosed(n, c.Offset()); err != nil {
				return nil, err
			}
			n = placed(n, c.Offset())
			s.mark(depth, n)
			return shift(n, depth), nil
		}
	}
	if n, err := s.wholeRow(c.Name, "", c.Offset()); n != nil || err != nil {
		return n, err
	}
	if n, err := s.systemColumn("", c.Name, c.Offset()); n != nil || err != nil {
		return n, err
	}
	return nil, s.a.fail(c.Offset(), "42703", `column "`+c.Name+`" does not exist`)
}

func (s *scope) unqualified(c *sql.ColumnRef) (node, error) {
	var found node
	for i := range s.names {
		if s.names[i].name != c.Name {
			continue
		}
		if found != nil {
			return nil, s.a.fail(c.Offset(), "42702", `column reference "`+c.Name+`" is ambiguous`)
		}
		found = s.names[i].node
	}
	return found, nil
}

func (s *scope) relation(schema, alias string) *relation {
	if s.building {
		return nil
	}
	for _, r := range s.relations {
		if r.alias == alias && !r.hidden && (schema == "" || r.schema == schema) {
			return r
		}
	}
	return nil
}

func (s *scope) qualified(c *sql.ColumnRef) (node, error) {
	for level, depth := s, 0; level != nil; level, depth = level.outer, depth+1 {
		r := level.relation(c.Schema, c.Table)
		if r == nil {
			continue
		}
		if r.closed != lateralOpen {
			return nil, s.closedTo(r, c.Offset())
		}
		var found node
		for i := range r.columns {
			if r.columns[i].name != c.Name {
				continue
			}
			if found != nil {
				return nil, s.a.fail(c.Offset(), "42702", `column reference "`+c.Name+`" is ambiguous`)
			}
			found = r.columns[i].node
		}
		if found != nil {
			found = placed(found, c.Offset())
			s.mark(depth, found)
			return shift(found, depth), nil
		}
		if n, err := s.systemColumn(c.Table, c.Name, c.Offset()); n != nil || err != nil {
			return n, err
		}
		return nil, s.a.fail(c.Offset(), "42703", fmt.Sprintf("column %s.%s does not exist", c.Table, c.Name))
	}
	return nil, s.missingTable(c.Table, c.Offset())
}

func (s *scope) missingTable(alias string, at int) error {
	err := s.a.fail(at, "42P01", `missing FROM-clause entry for table "`+alias+`"`)
	for level := s; level != nil; level = level.outer {
		for _, r := range level.relations {
			if r.table != nil && r.schema == "" && r.table.Name(s.a.tx) == alias && r.alias != alias {
				e := refusal("42P01", `invalid reference to FROM-clause entry for table "`+alias+`"`)
				e.Hint = `Perhaps you meant to reference the table alias "` + r.alias + `".`
				e.Position = sql.CharPosition(s.a.text, at)
				return e
			}
		}
	}
	return err
}

// wholeRow is a relation's name used as a value.
func (s *scope) wholeRow(name, schema string, at int) (node, error) {
	for level, depth := s, 0; level != nil; level, depth = level.outer, depth+1 {
		r := level.relation(schema, name)
		switch {
		case r == nil:
			continue
		case r.closed != lateralOpen:
			return nil, s.closedTo(r, at)
		case r.shape:
			return nil, unsupported("the row of the join " + name)
		}
		n := r.row(at)
		s.mark(depth, n)
		return shift(n, depth), nil
	}
	return nil, nil
}

// row is what the relation's name stands for.
func (r *relation) row(at int) node {
	if r.scalar {
		return placed(r.columns[0].node, at)
	}
	fields := make([]value.Field, len(r.columns))
	n := &wholeRowNode{rel: r.rel, fields: r.fields, table: r}
	for i, c := range r.columns {
		fields[i] = value.Field{Name: c.name, Type: c.node.typ(), Mod: c.node.modifier()}
		n.present = append(n.present, c.node)
	}
	t := value.NewRecord(fields)
	if r.table != nil {
		t.Relation = r.table.OID()
	}
	n.typed = typeAt(t, at)
	return n
}

// rowOf is t.* used as a value.
func (s *scope) rowOf(e *sql.Star) (node, error) {
	n, err := s.wholeRow(e.Table, e.Schema, e.Offset())
	if n == nil && err == nil {
		err = s.missingTable(e.Table, e.Offset())
	}
	return n, err
}

// systemColumn finds xmin and its like on the only table, or the one named. Of xmax, in which locks
// stay behind too, only RETURNING of INSERT is simulated: xmax = 0 tells who was inserted.
func (s *scope) systemColumn(alias, name string, at int) (node, error) {
	var t *value.Type
	switch name {
	case "xmin":
		t = value.XID
	case "xmax":
		if s.inserting && s.clause == "RETURNING" {
			t = value.XID
		}
	case "tableoid":
		t = value.OID
	case "ctid", "cmin", "cmax":
	default:
		return nil, nil
	}
	for level, depth := s, 0; level != nil; level, depth = level.outer, depth+1 {
		for _, r := range level.relations {
			if r.table == nil || alias != "" && r.alias != alias {
				continue
			}
			if t == nil {
				return nil, unsupported("system column " + name)
			}
			n := &systemNode{typed: typeAt(t, at), rel: r.rel, name: name, table: r}
			s.mark(depth, n)
			return shift(n, depth), nil
		}
	}
	return nil, nil
}

// star expands * or t.*.
func (s *scope) star(st *sql.Star) ([]visible, error) {
	if st.Table == "" {
		if len(s.relations) == 0 {
			return nil, s.a.fail(st.Offset(), "42601", "SELECT * with no tables specified is not valid")
		}
		return s.names, nil
	}
	for level, depth := s, 0; level != nil; level, depth = level.outer, depth+1 {
		r := level.relation(st.Schema, st.Table)
		if r == nil {
			continue
		}
		columns := slices.Clone(r.columns)
		for i := range columns {
			s.mark(depth, placed(columns[i].node, st.Offset()))
			columns[i].node = shift(columns[i].node, depth)
		}
		return columns, nil
	}
	return nil, s.missingTable(st.Table, st.Offset())
}

// paramType returns the type of $n as far as it is known.
func (a *analyzer) param(p *sql.Param) (node, error) {
	if p.Number < 1 || a.fixed && p.Number > len(a.params) {
		return nil, a.fail(p.Offset(), "42P02", fmt.Sprintf("there is no parameter $%d", p.Number))
	}
	for len(a.params) < p.Number {
		a.params = append(a.params, value.Unknown)
	}
	return &paramNode{typed: typeAt(a.params[p.Number-1], p.Offset()), n: p.Number}, nil
}

// typeName resolves a type.
func (a *analyzer) typeName(t *sql.TypeName) (*value.Type, int32, error) {
	if t.Name.Name == "char" && (t.Name.Schema == "" || t.Name.Schema == "pg_catalog") {
		return nil, 0, unsupported(`type "char"`) // with its quotes: without them it is bpchar
	}
	typ := a.findType(t.Name)
	if typ == nil {
		return nil, 0, a.fail(t.Offset(), "42704", `type "`+relationName(t.Name)+`" does not exist`)
	}
	if !typ.Simulated() {
		return nil, 0, unsupported("type " + typ.Display)
	}
	mod := value.NoMod
	if len(t.Modifiers) > 0 {
		args, err := a.modifiers(t)
		if err != nil {
			return nil, 0, err
		}
		if mod, err = typ.Modifier(args); err != nil {
			return nil, 0, a.at(err, t.Offset())
		}
	}
	if t.ArrayDims > 0 {
		if typ = value.ArrayOf(typ); typ == nil {
			return nil, 0, unsupported("array of " + t.Name.Name)
		}
	}
	return typ, mod, nil
}

func (a *analyzer) modifiers(t *sql.TypeName) ([]int64, error) {
	var args []int64
	for _, m := range t.Modifiers {
		n, ok := m.(*sql.IntegerLiteral)
		if !ok {
			return nil, a.fail(m.Offset(), "42601", "type modifiers must be simple constants or identifiers")
		}
		args = append(args, n.Value)
	}
	return args, nil
}

func (a *analyzer) findType(name sql.QualifiedName) *value.Type {
	if name.Schema == "" || name.Schema == "pg_catalog" {
		if t := value.TypeByName(name.Name); t != nil {
			return t
		}
	}
	if name.Schema != "" {
		return a.tx.Type(name.Schema, name.Name)
	}
	for _, schema := range a.s.settings.path {
		if t := a.tx.Type(schema, name.Name); t != nil {
			return t
		}
	}
	return nil
}
