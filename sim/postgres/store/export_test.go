package store

// Kept counts what the database remembers of old versions and of serializable transactions.
func (db *Database) Kept() (dead, serializable int) {
	s := &db.ssi
	return len(db.dead.rows) - db.dead.head,
		len(s.active) + len(s.past) + len(s.writers) + len(s.records) + len(s.tables)
}

// Rows counts the rows of a table, whatever their state.
func (t *Table) Rows() int { return t.def.heap.rows }

// CheckTree checks the shape of an index's tree.
func (ix *Index) CheckTree() string {
	n := 0
	var last *entry
	for c := ix.tree.seek(nil, 0); c.leaf != nil; c.forward() {
		e := c.entry()
		if last != nil && ix.tree.compareEntry(last, e.key, e.rec.seq) >= 0 {
			return "entries out of order"
		}
		last = e
		n++
	}
	if n != ix.tree.size {
		return "leaves lost entries"
	}
	return ix.tree.root.check(ix.tree, nil)
}

func (n *node) check(t *btree, low *entry) string {
	if len(n.entries) > nodeMax {
		return "a node is too large"
	}
	if n.children == nil {
		if low != nil && len(n.entries) > 0 && t.compareEntry(&n.entries[0], low.key, low.rec.seq) < 0 {
			return "an entry is below its node's bound"
		}
		return ""
	}
	if len(n.children) != len(n.entries) || len(n.children) == 0 {
		return "an inner node's bounds and children differ"
	}
	for i, c := range n.children {
		bound := low
		if i > 0 {
			bound = &n.entries[i]
		}
		if s := c.check(t, bound); s != "" {
			return s
		}
	}
	return ""
}
