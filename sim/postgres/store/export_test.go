package store

import "github.com/squallhq/squall/sim/postgres/value"

// Tree is an index's tree alone, with nodes of a size that a test chooses, over integers.
type Tree struct {
	btree
	records map[int]*record
}

// NewTree makes a tree.
func NewTree(size int) *Tree {
	t := &Tree{btree: *newBtree(make([]keyOrder, 1)), records: map[int]*record{}}
	t.max = size
	return t
}

// Insert adds a key, once.
func (t *Tree) Insert(k int) {
	if t.records[k] == nil {
		t.records[k] = &record{seq: uint64(len(t.records) + 1)}
	}
	t.insert(value.Row{value.OfInt(int64(k))}, t.records[k])
}

// Delete removes a key if it is there.
func (t *Tree) Delete(k int) {
	if t.records[k] != nil {
		t.delete(value.Row{value.OfInt(int64(k))}, t.records[k])
	}
}

// From returns the keys from one on.
func (t *Tree) From(k int) (keys []int) {
	for c := t.seek(value.Row{value.OfInt(int64(k))}, 0); c.leaf != nil; c.forward() {
		keys = append(keys, int(c.entry().key[0].N))
	}
	return keys
}

// Below returns the keys below one, downwards.
func (t *Tree) Below(k int) (keys []int) {
	for c := t.seekBefore(value.Row{value.OfInt(int64(k))}, 0); c.leaf != nil; c.back() {
		keys = append(keys, int(c.entry().key[0].N))
	}
	return keys
}

// Check checks the tree's shape.
func (t *Tree) Check() string { return t.btree.check() }

// Kept counts what the database remembers of old versions and of serializable transactions.
func (db *Database) Kept() (dead, serializable int) {
	s := &db.ssi
	return len(db.dead.rows) - db.dead.head,
		len(s.active) + len(s.past) + len(s.writers) + len(s.records) + len(s.tables)
}

// Rows counts the rows of a table, whatever their state.
func (t *Table) Rows() int { return t.def.heap.rows }

// CheckTree checks the shape of an index's tree.
func (ix *Index) CheckTree() string { return ix.tree.check() }

func (t *btree) check() string {
	n := 0
	var last *entry
	for c := t.seek(nil, 0); c.leaf != nil; c.forward() {
		e := c.entry()
		if last != nil && t.compareEntry(last, e.key, e.rec.seq) >= 0 {
			return "entries out of order"
		}
		last = e
		n++
	}
	if n != t.size {
		return "leaves lost entries"
	}
	return t.root.check(t, nil, nil)
}

// check checks that a node's entries lie between its bounds and that it is not too large.
func (n *node) check(t *btree, low, high *entry) string {
	if len(n.entries) > t.max {
		return "a node is too large"
	}
	if n.children == nil {
		for i := range n.entries {
			e := &n.entries[i]
			if low != nil && t.compareEntry(e, low.key, low.rec.seq) < 0 || high != nil && t.compareEntry(e, high.key, high.rec.seq) >= 0 {
				return "an entry is outside its node's bounds"
			}
		}
		return ""
	}
	if len(n.children) != len(n.entries) || len(n.children) == 0 {
		return "an inner node's bounds and children differ"
	}
	for i, c := range n.children {
		from, to := low, high
		if i > 0 {
			from = &n.entries[i]
		}
		if i+1 < len(n.entries) {
			to = &n.entries[i+1]
		}
		if s := c.check(t, from, to); s != "" {
			return s
		}
	}
	return ""
}
