package store

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/squallhq/squall/sim/postgres/value"
)

// firstOID is the first object id of user objects (FirstNormalObjectId).
const firstOID = 16384

// catalog holds what DDL makes. Objects are found by name; an object that a transaction in progress has
// made or dropped is so for that transaction only. Table locks keep others away from the rest.
type catalog struct {
	nextOID  uint32
	version  uint64 // of what is committed
	versions uint64 // given out
	schemas  []*schema
	types    map[uint32]*value.Type // by OID, also array types and types of transactions in progress
}

// schema is a namespace.
type schema struct {
	fate
	name      string
	relations map[string][]*named
	types     map[string][]*named
}

// fate says which transaction in progress has made or dropped an object, if any.
type fate struct{ maker, dropper *xact }

// visible says whether the object exists for the transaction.
func (f *fate) visible(t *Tx) bool {
	return (f.maker == nil || f.maker.tx == t) && (f.dropper == nil || f.dropper.tx != t)
}

// named is a name's meaning: one of the others.
type named struct {
	fate
	Relation
	typ *value.Type
}

// Relation is a table, an index or a sequence found by name; the others are nil.
type Relation struct {
	Table    *Table
	Index    *Index
	Sequence *Sequence
}

func (c *catalog) init() {
	c.nextOID = firstOID
	c.version, c.versions = 1, 1
	c.types = map[uint32]*value.Type{}
	c.schemas = []*schema{newSchema("public")}
}

func newSchema(name string) *schema {
	return &schema{name: name, relations: map[string][]*named{}, types: map[string][]*named{}}
}

func (c *catalog) oid() uint32 {
	c.nextOID++
	return c.nextOID - 1
}

func (c *catalog) nextVersion() uint64 {
	c.versions++
	return c.versions
}

// CatalogVersion changes whenever what the transaction sees of the catalog may have changed. Equal
// versions of two transactions mean equal catalogs, so plans may be shared by version.
func (t *Tx) CatalogVersion() uint64 {
	if t.version == 0 {
		return t.db.catalog.version
	}
	if t.based != t.db.catalog.version { // others have committed definitions meanwhile
		t.ownVersion()
	}
	return t.version
}

// ownVersion gives the transaction, which has changed definitions, a version that no other has.
func (t *Tx) ownVersion() {
	t.version, t.based = t.db.catalog.nextVersion(), t.db.catalog.version
}

// schema finds a schema, or nil.
func (t *Tx) schema(name string) *schema {
	for _, s := range t.db.catalog.schemas {
		if s.name == name && s.visible(t) {
			return s
		}
	}
	return nil
}

// needSchema finds a schema (3F000).
func (t *Tx) needSchema(name string) (*schema, error) {
	if s := t.schema(name); s != nil {
		return s, nil
	}
	return nil, &value.Error{Code: "3F000", Message: "schema " + quote(name) + " does not exist"}
}

// HasSchema says whether the transaction sees the schema.
func (t *Tx) HasSchema(name string) bool { return t.schema(name) != nil }

// Schemas returns the visible schemas' names, sorted.
func (t *Tx) Schemas() []string {
	var names []string
	for _, s := range t.db.catalog.schemas {
		if s.visible(t) {
			names = append(names, s.name)
		}
	}
	slices.Sort(names)
	return names
}

// seen returns what a name means to the transaction, or nil.
func (t *Tx) seen(list []*named) *named {
	for _, n := range list {
		if n.visible(t) {
			return n
		}
	}
	return nil
}

// Lookup finds a relation in a schema; the zero Relation if there is none.
func (t *Tx) Lookup(schema, name string) Relation {
	s := t.schema(schema)
	if s == nil {
		return Relation{}
	}
	n := t.seen(s.relations[name])
	switch {
	case n == nil:
		return Relation{}
	case n.Index != nil:
		return Relation{Index: n.Index.Table.Def(t).index(n.Index.OID)} // DDL may have replaced it
	}
	return n.Relation
}

// Tables returns the visible tables, by schema and name.
func (t *Tx) Tables() []*Table {
	var tables []*Table
	t.eachRelation(func(n *named) {
		if n.Table != nil {
			tables = append(tables, n.Table)
		}
	})
	return tables
}

// Sequences returns the visible sequences, by schema and name.
func (t *Tx) Sequences() []*Sequence {
	var sequences []*Sequence
	t.eachRelation(func(n *named) {
		if n.Sequence != nil {
			sequences = append(sequences, n.Sequence)
		}
	})
	return sequences
}

// eachRelation visits the visible relations, by schema and name.
func (t *Tx) eachRelation(visit func(*named)) {
	for _, schema := range t.Schemas() {
		relations := t.schema(schema).relations
		for _, name := range slices.Sorted(maps.Keys(relations)) {
			if n := t.seen(relations[name]); n != nil {
				visit(n)
			}
		}
	}
}

// bind gives a name a meaning. If another transaction in progress has made or dropped the name it
// waits, and then may fail as PostgreSQL's catalog index does (23505).
func (t *Tx) bind(list map[string][]*named, name string, n *named, clash error) error {
	waited := false
	for {
		if t.seen(list[name]) != nil && !waited {
			return clash
		}
		other := t.rival(list[name])
		if other == nil {
			break
		}
		waited = true
		if err := t.session.waitFor(other); err != nil {
			return err
		}
	}
	if t.seen(list[name]) != nil {
		return t.catalogDuplicate(n, name)
	}
	t.assignID()
	n.maker = t.current()
	list[name] = append(list[name], n)
	t.logCatalog(
		func() { unbind(list, name, n) },
		func() { n.maker = nil })
	return nil
}

// rival returns another transaction whose fate decides whether the name is free.
func (t *Tx) rival(list []*named) *xact {
	for _, n := range list {
		if n.maker != nil && n.maker.tx != t {
			return n.maker
		}
		if n.dropper != nil && n.dropper.tx != t {
			return n.dropper
		}
	}
	return nil
}

// catalogDuplicate is what a CREATE gets that waited for another one of the same name.
func (t *Tx) catalogDuplicate(n *named, name string) error {
	table, what := "pg_class", "rel"
	if n.Table != nil || n.typ != nil {
		table, what = "pg_type", "typ"
	}
	index := table + "_" + what + "name_nsp_index"
	return &value.Error{
		Code:       "23505",
		Message:    "duplicate key value violates unique constraint " + quote(index),
		Detail:     "Key (" + what + "name, " + what + "namespace)=(" + name + ", 2200) already exists.",
		Schema:     "pg_catalog",
		Table:      table,
		Constraint: index,
	}
}

func unbind(list map[string][]*named, name string, n *named) {
	rest := slices.DeleteFunc(list[name], func(x *named) bool { return x == n })
	if len(rest) == 0 {
		delete(list, name)
		return
	}
	list[name] = rest
}

// drop makes a name free again, for others at commit.
func (t *Tx) drop(list map[string][]*named, name string) {
	n := t.seen(list[name])
	if n == nil {
		return
	}
	t.assignID()
	n.dropper = t.current()
	t.logCatalog(
		func() { n.dropper = nil },
		func() { unbind(list, name, n) })
}

// rename moves a relation to another name.
func (t *Tx) rename(s *schema, from, to string) error {
	old := t.seen(s.relations[from])
	if err := t.bind(s.relations, to, &named{Relation: old.Relation}, relationExists(to)); err != nil {
		return err
	}
	t.drop(s.relations, from)
	return nil
}

func relationExists(name string) error {
	return &value.Error{Code: "42P07", Message: "relation " + quote(name) + " already exists"}
}

// CreateSchema makes a schema (42P06).
func (t *Tx) CreateSchema(name string) error {
	if t.schema(name) != nil {
		return &value.Error{Code: "42P06", Message: "schema " + quote(name) + " already exists"}
	}
	c := &t.db.catalog
	s := newSchema(name)
	t.assignID()
	s.maker = t.current()
	c.schemas = append(c.schemas, s)
	t.logCatalog(
		func() { c.schemas = slices.DeleteFunc(c.schemas, func(x *schema) bool { return x == s }) },
		func() { s.maker = nil })
	return nil
}

// DropSchema drops a schema and with cascade what is in it (2BP01, 3F000).
func (t *Tx) DropSchema(name string, cascade bool) error {
	s, err := t.needSchema(name)
	if err != nil {
		return err
	}
	if err := t.dropContents(s, cascade); err != nil {
		return err
	}
	c := &t.db.catalog
	t.assignID()
	s.dropper = t.current()
	t.logCatalog(
		func() { s.dropper = nil },
		func() { c.schemas = slices.DeleteFunc(c.schemas, func(x *schema) bool { return x == s }) })
	return nil
}

// dropContents drops what is in a schema, tables first.
func (t *Tx) dropContents(s *schema, cascade bool) error {
	var tables []*Table
	var sequences []*Sequence
	for _, tbl := range t.Tables() {
		if tbl.schema == s.name {
			tables = append(tables, tbl)
		}
	}
	for _, q := range t.Sequences() {
		if q.schema == s.name && q.owner == nil {
			sequences = append(sequences, q)
		}
	}
	if err := t.lockContents(tables, sequences); err != nil {
		return err
	}
	types := t.typeNames(s)
	if !cascade && len(tables)+len(sequences)+len(types) > 0 {
		var detail []string
		for _, tbl := range tables {
			detail = append(detail, "table "+s.name+"."+tbl.Name(t)+" depends on schema "+s.name)
		}
		for _, q := range sequences {
			detail = append(detail, "sequence "+s.name+"."+q.name+" depends on schema "+s.name)
		}
		for _, name := range types {
			detail = append(detail, "type "+s.name+"."+name+" depends on schema "+s.name)
		}
		return &value.Error{
			Code:    "2BP01",
			Message: "cannot drop schema " + s.name + " because other objects depend on it",
			Detail:  strings.Join(detail, "\n"),
			Hint:    cascadeHint,
		}
	}
	for _, tbl := range tables {
		if err := t.DropTable(tbl, true); err != nil {
			return err
		}
	}
	for _, q := range sequences {
		t.drop(s.relations, q.name)
	}
	for _, name := range types {
		t.drop(s.types, name)
	}
	return nil
}

// lockContents locks what goes with a schema, also where that is then refused (AcquireDeletionLock): in order of
// creation, for lack of a better one.
func (t *Tx) lockContents(tables []*Table, sequences []*Sequence) error {
	locks := map[uint32]*lock{}
	for _, tbl := range tables {
		locks[tbl.oid] = &tbl.lock
	}
	for _, q := range sequences {
		locks[q.oid] = &q.lock
	}
	for _, oid := range slices.Sorted(maps.Keys(locks)) {
		if err := t.lock(locks[oid], AccessExclusive); err != nil {
			return err
		}
	}
	return nil
}

func (t *Tx) typeNames(s *schema) []string {
	names := slices.Sorted(maps.Keys(s.types))
	return slices.DeleteFunc(names, func(name string) bool { return t.seen(s.types[name]) == nil })
}

// nameMax is the length of a name in bytes (NAMEDATALEN - 1).
const nameMax = 63

// makeName joins name1, name2 and label by underscores, cutting the longer of the names until the
// result fits (makeObjectName).
func makeName(name1, name2, label string) string {
	room := nameMax
	if label != "" {
		room -= len(label) + 1
	}
	n1, n2 := len(name1), len(name2)
	if n2 > 0 {
		room--
	}
	for n1+n2 > room {
		if n1 > n2 {
			n1--
		} else {
			n2--
		}
	}
	name := clipName(name1, n1)
	if name2 != "" {
		name += "_" + clipName(name2, n2)
	}
	if label != "" {
		name += "_" + label
	}
	return name
}

// clipName cuts a name to so many bytes, whole characters.
func clipName(name string, n int) string {
	for n > 0 && n < len(name) && !utf8.RuneStart(name[n]) {
		n--
	}
	return name[:n]
}

// ChooseName makes the name that PostgreSQL gives an object: parts and label joined by underscores,
// cut to 63 bytes, numbered if taken in the schema (ChooseRelationName).
func (t *Tx) ChooseName(schema, name1, name2, label string) string {
	return t.chooseName(schema, name1, name2, label, false)
}

// chooseName is ChooseName; a constraint's name must also differ from the schema's other constraints.
// A name that a transaction in progress has made counts as taken.
func (t *Tx) chooseName(schema, name1, name2, label string, constraint bool) string {
	return number(label, func(label string) (string, bool) {
		name := makeName(name1, name2, label)
		taken := slices.ContainsFunc(t.schema(schema).relations[name], func(n *named) bool {
			return n.dropper == nil || n.dropper.tx != t
		})
		return name, !taken && (!constraint || !t.constraintNamed(schema, name))
	})
}

// number tries a label, then the label with 1, 2, ... appended, until the name is free.
func number(label string, try func(label string) (string, bool)) string {
	name, free := try(label)
	for i := 1; !free; i++ {
		name, free = try(label + decimal(i))
	}
	return name
}

func decimal(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return decimal(n/10) + decimal(n%10)
}

// constraintNamed says whether a table of the schema has a constraint of this name.
func (t *Tx) constraintNamed(schema, name string) bool {
	for _, tbl := range t.Tables() {
		if tbl.schema == schema && tbl.Def(t).HasConstraint(name) {
			return true
		}
	}
	return false
}
