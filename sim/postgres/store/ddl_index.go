package store

import (
	"slices"

	"github.com/squallhq/squall/sim/postgres/value"
)

// CreateIndex makes an index over the existing rows (42P07; 23505 could not create unique index).
func (t *Tx) CreateIndex(tbl *Table, spec IndexSpec) (*Index, error) {
	spec.Unique = spec.Unique || spec.Primary
	spec.Constraint = spec.Constraint || spec.Primary
	mode := Share
	if spec.Constraint {
		mode = AccessExclusive
	}
	if err := t.LockTable(tbl, mode); err != nil {
		return nil, err
	}
	def := t.edit(tbl)
	if err := t.checkPrimary(tbl, def, spec); err != nil {
		return nil, err
	}
	if spec.Name == "" {
		spec.Name = t.indexName(tbl, def, spec)
	}
	ix := newIndex(tbl, t.db.catalog.oid(), spec)
	relations := t.schema(tbl.schema).relations
	if err := t.bind(relations, spec.Name, &named{Relation: Relation{Index: ix}}, relationExists(spec.Name)); err != nil {
		return nil, err
	}
	t.attach(def.heap, ix)
	if err := t.build(def.heap, ix); err != nil {
		return nil, err
	}
	def.Indexes = append(def.Indexes, ix)
	def.settle()
	return ix, nil
}

// attach has the heap maintain an index from now on.
func (t *Tx) attach(h *heap, ix *Index) {
	h.trees = append(h.trees, ix)
	t.logCatalog(func() { h.detach(ix) }, nil)
}

func (h *heap) detach(ix *Index) {
	h.trees = slices.DeleteFunc(h.trees, func(x *Index) bool { return x == ix })
}

// checkPrimary makes a primary key's columns NOT NULL, and refuses a second one (42P16).
func (t *Tx) checkPrimary(tbl *Table, def *Definition, spec IndexSpec) error {
	if !spec.Primary {
		return nil
	}
	if def.Primary() != nil {
		return &value.Error{
			Code:    "42P16",
			Message: "multiple primary keys for table " + quote(def.Name) + " are not allowed",
		}
	}
	for _, k := range spec.Keys {
		def.Columns[k.Column].NotNull = true
		if err := t.checkNotNull(tbl, def, k.Column); err != nil {
			return err
		}
	}
	return nil
}

// indexName is the name that PostgreSQL chooses (ChooseIndexName).
func (t *Tx) indexName(tbl *Table, def *Definition, spec IndexSpec) string {
	if spec.Primary {
		return t.chooseName(tbl.schema, def.Name, "", "pkey", true)
	}
	label := "idx"
	if spec.Constraint {
		label = "key"
	}
	return t.chooseName(tbl.schema, def.Name, addition(spec.keyNames(def)), label, spec.Constraint)
}

// keyNames are the names of the index's columns (ChooseIndexColumnNames), includes too.
func (s *IndexSpec) keyNames(def *Definition) []string {
	var names []string
	add := func(base string) {
		names = append(names, number("", func(suffix string) (string, bool) {
			name := base + suffix
			return name, !slices.Contains(names, name)
		}))
	}
	for _, k := range s.Keys {
		switch {
		case k.Column >= 0:
			add(def.Columns[k.Column].Name)
		case k.Name != "":
			add(k.Name)
		default:
			add("expr")
		}
	}
	for _, c := range s.Include {
		add(def.Columns[c].Name)
	}
	return names
}

// build enters all versions into a new index and tests a unique one.
func (t *Tx) build(h *heap, ix *Index) error {
	for r := h.first; r != nil; r = r.next {
		for v := r.newest; v != nil; v = v.older {
			key, ok, err := ix.key(v.Row)
			live := v == r.current(t) && !v.endedFor(t)
			if err != nil && live {
				return err
			}
			if err != nil || !ok {
				continue
			}
			ix.tree.insert(key, r)
			if !live || !ix.Unique || ix.distinct(key) {
				continue
			}
			if other, _ := ix.holder(t, key, r); other != nil {
				return t.cannotIndex(ix, key)
			}
		}
	}
	return nil
}

func (t *Tx) cannotIndex(ix *Index, key value.Row) error {
	return &value.Error{
		Code:    "23505",
		Message: "could not create unique index " + quote(ix.Name),
		Detail:  "Key " + ix.describe(t, key) + " is duplicated.",
		Schema:  ix.Table.schema, Table: ix.Table.Name(t), Constraint: ix.Name,
	}
}

// DropIndex drops an index (2BP01 if a constraint or foreign key needs it).
func (t *Tx) DropIndex(ix *Index, cascade bool) error {
	if err := t.LockTable(ix.Table, AccessExclusive); err != nil {
		return err
	}
	if ix.Constraint {
		on := "constraint " + ix.Name + " on table " + ix.Table.Name(t)
		return &value.Error{
			Code:    "2BP01",
			Message: "cannot drop index " + ix.Name + " because " + on + " requires it",
			Hint:    "You can drop " + on + " instead.",
		}
	}
	if err := t.dropUsers(ix, "index "+ix.Name, cascade); err != nil {
		return err
	}
	return t.removeIndex(ix)
}

// dropUsers drops the foreign keys that need a unique index, or refuses (2BP01).
func (t *Tx) dropUsers(ix *Index, what string, cascade bool) error {
	for _, fk := range slices.Clone(ix.Table.Def(t).ReferencedBy) {
		if fk.index != ix.OID {
			continue
		}
		if !cascade {
			return &value.Error{
				Code:    "2BP01",
				Message: "cannot drop " + what + " because other objects depend on it",
				Detail:  "constraint " + fk.Name + " on table " + fk.Table.Name(t) + " depends on index " + ix.Name,
				Hint:    cascadeHint,
			}
		}
		if err := t.DropConstraint(fk.Table, fk.Name, true); err != nil {
			return err
		}
	}
	return nil
}

// removeIndex takes an index out of its table. The heap maintains it until the commit.
func (t *Tx) removeIndex(ix *Index) error {
	def := t.edit(ix.Table)
	def.Indexes = slices.DeleteFunc(def.Indexes, func(x *Index) bool { return x.OID == ix.OID })
	def.settle()
	t.drop(t.schema(ix.Table.schema).relations, ix.Name)
	h := def.heap
	t.logCatalog(func() {}, func() {
		h.trees = slices.DeleteFunc(h.trees, func(x *Index) bool { return x.OID == ix.OID })
	})
	return nil
}

// RenameIndex renames an index, and its constraint with it (42P07).
func (t *Tx) RenameIndex(ix *Index, name string) error {
	def := t.edit(ix.Table)
	i := slices.IndexFunc(def.Indexes, func(x *Index) bool { return x.OID == ix.OID })
	renamed := *def.Indexes[i]
	renamed.Name = name
	relations := t.schema(ix.Table.schema).relations
	if err := t.bind(relations, name, &named{Relation: Relation{Index: &renamed}}, relationExists(name)); err != nil {
		return err
	}
	t.drop(relations, ix.Name)
	def.Indexes[i] = &renamed
	def.settle()
	return nil
}

// mentions says whether the index depends on a column.
func (ix *Index) mentions(column int) bool {
	for _, k := range ix.Keys {
		if k.Column == column {
			return true
		}
	}
	return slices.Contains(ix.Include, column) || slices.Contains(ix.Uses, column)
}
