package store

import (
	"slices"

	"github.com/squallhq/squall/sim/postgres/value"
)

// CreateEnum makes an enum type (42710).
func (t *Tx) CreateEnum(schema, name string, labels []string) (*value.Type, error) {
	s, err := t.needSchema(schema)
	if err != nil {
		return nil, err
	}
	c := &t.db.catalog
	typ := value.NewEnum(c.oid(), c.oid(), name, labels)
	clash := typeExists(name)
	if err := t.bind(s.types, name, &named{typ: typ}, clash); err != nil {
		return nil, err
	}
	t.setType(typ)
	return typ, nil
}

// setType makes a type known by its OID, with its array type.
func (t *Tx) setType(typ *value.Type) {
	c := &t.db.catalog
	before := c.types[typ.OID]
	put := func(typ *value.Type) {
		c.types[typ.OID] = typ
		if array := value.ArrayOf(typ); array != nil {
			c.types[array.OID] = array
		}
	}
	put(typ)
	t.logCatalog(func() {
		if before != nil {
			put(before)
			return
		}
		delete(c.types, typ.OID)
		if array := value.ArrayOf(typ); array != nil {
			delete(c.types, array.OID)
		}
	}, nil)
}

// Type finds a type made by CREATE TYPE, or nil.
func (t *Tx) Type(schema, name string) *value.Type {
	s := t.schema(schema)
	if s == nil {
		return nil
	}
	if n := t.seen(s.types[name]); n != nil {
		return n.typ
	}
	return nil
}

// TypeByOID finds a type made by CREATE TYPE, or its array type, or nil.
func (t *Tx) TypeByOID(oid uint32) *value.Type { return t.db.catalog.types[oid] }

// AlterEnum replaces the type of this OID in the catalog, after value.Type.WithLabel and its like;
// columns of the type get it as well. Others see it at once, which cannot hurt them: a new label
// changes no stored value.
func (t *Tx) AlterEnum(schema string, typ *value.Type) error {
	s, err := t.needSchema(schema)
	if err != nil {
		return err
	}
	for _, name := range t.typeNames(s) {
		n := t.seen(s.types[name])
		if n.typ.OID != typ.OID {
			continue
		}
		before := n.typ
		n.typ = typ
		t.assignID()
		t.logCatalog(func() { n.typ = before }, nil)
		if typ.Name != name {
			t.drop(s.types, name)
			if err := t.bind(s.types, typ.Name, &named{typ: typ}, typeExists(typ.Name)); err != nil {
				return err
			}
		}
		t.setType(typ)
		return t.retype(typ)
	}
	return &value.Error{Code: "42704", Message: "type " + quote(typ.Name) + " does not exist"}
}

func typeExists(name string) error {
	return &value.Error{Code: "42710", Message: "type " + quote(name) + " already exists"}
}

// retype gives the columns of a type its new version.
func (t *Tx) retype(typ *value.Type) error {
	for _, tbl := range t.Tables() {
		if !slices.ContainsFunc(tbl.Def(t).Columns, func(c Column) bool { return c.Has(typ) }) {
			continue
		}
		def := t.edit(tbl)
		for i := range def.Columns {
			switch c := &def.Columns[i]; {
			case c.Type.OID == typ.OID:
				c.Type = typ
			case c.Has(typ):
				c.Type = value.ArrayOf(typ)
			}
		}
	}
	return nil
}

// Has says whether the column's values are of a type, or arrays of it.
func (c *Column) Has(typ *value.Type) bool {
	return c.Type.OID == typ.OID || c.Type.Elem != nil && c.Type.Elem.OID == typ.OID
}

// DropType drops an enum (2BP01 if a column has it).
func (t *Tx) DropType(schema, name string) error {
	typ := t.Type(schema, name)
	if typ == nil {
		return &value.Error{Code: "42704", Message: "type " + quote(name) + " does not exist"}
	}
	for _, tbl := range t.Tables() {
		def := tbl.Def(t)
		for i := range def.Columns {
			if def.Columns[i].Has(typ) && !def.Columns[i].Dropped {
				return &value.Error{
					Code:    "2BP01",
					Message: "cannot drop type " + name + " because other objects depend on it",
					Detail:  "column " + def.Columns[i].Name + " of table " + def.Name + " depends on type " + name,
					Hint:    cascadeHint,
				}
			}
		}
	}
	t.drop(t.schema(schema).types, name)
	return nil
}
