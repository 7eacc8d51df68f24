package store

import "github.com/squallhq/squall/sim/postgres/value"

// btree is a B+ tree of index entries ordered by key, then by the row's order of insertion. Leaves
// are linked both ways. A leaf that becomes empty leaves the tree; small neighbours are merged.
type btree struct {
	order   []keyOrder
	max     int // entries of a node
	root    *node
	size    int
	version uint64 // changes with every insert and delete, so that cursors know to look again
}

// keyOrder is how one column of a key sorts.
type keyOrder struct{ desc, nullsFirst bool }

// entry says that some version of the row has the key.
type entry struct {
	key value.Row
	rec *record
}

// nodeMax is how many entries a node holds. Neighbours that together have less than three eighths of
// that become one.
const nodeMax = 64

// node is a leaf (entries) or an inner node: child i holds what is not less than entries[i], which
// is a lower bound; entries[0] of an inner node is not looked at.
type node struct {
	entries    []entry
	children   []*node
	prev, next *node // leaves only
}

func newBtree(order []keyOrder) *btree {
	return &btree{order: order, max: nodeMax, root: &node{}}
}

// compareValues orders two values of a column, NULL last unless said otherwise.
func compareValues(a, b *value.Value, o keyOrder) int {
	var c int
	switch {
	case a.Kind == b.Kind:
		c = compareSame(a, b)
	case a.Kind == value.KindNull:
		return nullSide(o)
	case b.Kind == value.KindNull:
		return -nullSide(o)
	default:
		c = value.Compare(*a, *b)
	}
	if o.desc {
		return -c
	}
	return c
}

func nullSide(o keyOrder) int {
	if o.nullsFirst {
		return -1
	}
	return 1
}

// compareSame compares values of one kind; the common kinds without a call.
func compareSame(a, b *value.Value) int {
	switch a.Kind {
	case value.KindNull:
		return 0
	case value.KindInt, value.KindTimestamp, value.KindDate, value.KindBool, value.KindEnum:
		switch {
		case a.N < b.N:
			return -1
		case a.N > b.N:
			return 1
		}
		return 0
	case value.KindText, value.KindUUID, value.KindBytes:
		switch {
		case a.S == b.S:
			return 0
		case a.S < b.S:
			return -1
		}
		return 1
	}
	return value.Compare(*a, *b)
}

// compareKeys compares as many columns as the shorter key has.
func (t *btree) compareKeys(a, b value.Row) int {
	n := min(len(a), len(b))
	for i := range n {
		if c := compareValues(&a[i], &b[i], t.order[i]); c != 0 {
			return c
		}
	}
	return 0
}

func (t *btree) compareEntry(e *entry, key value.Row, seq uint64) int {
	if c := t.compareKeys(e.key, key); c != 0 {
		return c
	}
	switch {
	case e.rec.seq < seq:
		return -1
	case e.rec.seq > seq:
		return 1
	}
	return 0
}

// position returns the first place in the node whose entry is not less than (key, seq).
func (t *btree) position(n *node, key value.Row, seq uint64) int {
	low, high := 0, len(n.entries)
	for low < high {
		mid := int(uint(low+high) >> 1)
		if t.compareEntry(&n.entries[mid], key, seq) < 0 {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low
}

// child returns the place of the child that holds (key, seq).
func (t *btree) child(n *node, key value.Row, seq uint64) int {
	low, high := 1, len(n.children)
	for low < high {
		mid := int(uint(low+high) >> 1)
		if t.compareEntry(&n.entries[mid], key, seq) <= 0 {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low - 1
}

// insert adds an entry, once.
func (t *btree) insert(key value.Row, r *record) {
	if !t.insertInto(t.root, entry{key, r}) {
		return
	}
	t.size++
	t.version++
	if len(t.root.entries) > t.max {
		left := t.root
		right := left.split()
		t.root = &node{
			entries:  []entry{left.entries[0], right.entries[0]},
			children: []*node{left, right},
		}
	}
}

func (t *btree) insertInto(n *node, e entry) bool {
	if n.children == nil {
		i := t.position(n, e.key, e.rec.seq)
		if i < len(n.entries) && n.entries[i].rec == e.rec && t.compareKeys(n.entries[i].key, e.key) == 0 {
			return false
		}
		n.entries = insertAt(n.entries, i, e)
		return true
	}
	i := t.child(n, e.key, e.rec.seq)
	c := n.children[i]
	if !t.insertInto(c, e) {
		return false
	}
	if len(c.entries) > t.max {
		right := c.split()
		n.entries = insertAt(n.entries, i+1, right.entries[0])
		n.children = insertAt(n.children, i+1, right)
	}
	return true
}

func insertAt[T any](s []T, i int, x T) []T {
	var zero T
	s = append(s, zero)
	copy(s[i+1:], s[i:])
	s[i] = x
	return s
}

func removeAt[T any](s []T, i int) []T {
	var zero T
	copy(s[i:], s[i+1:])
	s[len(s)-1] = zero
	return s[:len(s)-1]
}

// split moves the upper part of a node to a new right neighbour. The last leaf keeps nearly all,
// because keys mostly grow.
func (n *node) split() *node {
	at := len(n.entries) / 2
	if n.children == nil && n.next == nil {
		at = len(n.entries) * 15 / 16
	}
	right := &node{entries: make([]entry, 0, cap(n.entries))}
	right.entries = append(right.entries, n.entries[at:]...)
	clear(n.entries[at:])
	n.entries = n.entries[:at]
	if n.children != nil {
		right.children = append(make([]*node, 0, cap(n.children)), n.children[at:]...)
		clear(n.children[at:])
		n.children = n.children[:at]
		return right
	}
	right.prev, right.next = n, n.next
	if n.next != nil {
		n.next.prev = right
	}
	n.next = right
	return right
}

// delete removes an entry if it is there.
func (t *btree) delete(key value.Row, r *record) {
	if !t.deleteFrom(t.root, key, r) {
		return
	}
	t.size--
	t.version++
	for len(t.root.children) == 1 {
		t.root = t.root.children[0]
	}
	if t.root.children != nil && len(t.root.children) == 0 {
		t.root = &node{}
	}
}

func (t *btree) deleteFrom(n *node, key value.Row, r *record) bool {
	if n.children == nil {
		i := t.position(n, key, r.seq)
		if i == len(n.entries) || n.entries[i].rec != r || t.compareKeys(n.entries[i].key, key) != 0 {
			return false
		}
		n.entries = removeAt(n.entries, i)
		return true
	}
	i := t.child(n, key, r.seq)
	if !t.deleteFrom(n.children[i], key, r) {
		return false
	}
	switch {
	case len(n.children[i].entries) == 0:
		n.removeChild(i)
	case i+1 < len(n.children) && len(n.children[i].entries)+len(n.children[i+1].entries) < t.max*3/8:
		n.mergeNext(i)
	}
	return true
}

// removeChild takes an empty child out.
func (n *node) removeChild(i int) {
	n.children[i].unlink()
	n.children = removeAt(n.children, i)
	n.entries = removeAt(n.entries, i)
}

// mergeNext moves what child i+1 holds to child i.
func (n *node) mergeNext(i int) {
	left, right := n.children[i], n.children[i+1]
	if left.children != nil {
		right.entries[0] = n.entries[i+1] // a lower bound, where none was needed before
	}
	left.entries = append(left.entries, right.entries...)
	left.children = append(left.children, right.children...)
	n.removeChild(i + 1)
}

// unlink takes a leaf out of the list of leaves.
func (n *node) unlink() {
	if n.prev != nil {
		n.prev.next = n.next
	}
	if n.next != nil {
		n.next.prev = n.prev
	}
}

// cursor is a place in the tree: the entry at leaf.entries[at], or the end (leaf nil).
type cursor struct {
	leaf *node
	at   int
}

func (c *cursor) entry() *entry { return &c.leaf.entries[c.at] }

// seek returns the first entry not less than (key, seq).
func (t *btree) seek(key value.Row, seq uint64) cursor {
	n := t.root
	for n.children != nil {
		n = n.children[t.child(n, key, seq)]
	}
	c := cursor{n, t.position(n, key, seq)}
	c.settle()
	return c
}

// seekBefore returns the last entry less than (key, seq).
func (t *btree) seekBefore(key value.Row, seq uint64) cursor {
	n := t.root
	for n.children != nil {
		n = n.children[t.child(n, key, seq)]
	}
	c := cursor{n, t.position(n, key, seq)}
	c.back()
	return c
}

// settle moves a cursor behind the last entry of a leaf to the next leaf.
func (c *cursor) settle() {
	for c.leaf != nil && c.at >= len(c.leaf.entries) {
		c.leaf, c.at = c.leaf.next, 0
	}
}

func (c *cursor) forward() {
	c.at++
	c.settle()
}

func (c *cursor) back() {
	for c.at == 0 {
		c.leaf = c.leaf.prev
		if c.leaf == nil {
			return
		}
		c.at = len(c.leaf.entries)
	}
	c.at--
}
