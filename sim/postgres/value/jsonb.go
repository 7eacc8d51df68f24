package value

import (
	"cmp"
	"strings"
)

// DocKind is the kind of a JSON value.
type DocKind uint8

// The kinds of JSON values, in their btree order.
const (
	DocNull DocKind = iota
	DocString
	DocNumber
	DocFalse
	DocTrue
	DocArray
	DocObject
)

// Doc is a jsonb value. It is never changed once made: parts are shared.
type Doc struct {
	Kind  DocKind
	Text  string   // of a string
	Num   *Decimal // of a number
	Keys  []string // of an object: unique, sorted by length, then bytes
	Items []Doc    // an array's elements, or the values of Keys
}

// Get returns the value of an object's key; nil if there is none.
func (d *Doc) Get(key string) *Doc {
	if d.Kind != DocObject {
		return nil
	}
	if at, ok := d.find(key); ok {
		return &d.Items[at]
	}
	return nil
}

// find is the key's place, or where it would be.
func (d *Doc) find(key string) (int, bool) {
	low, high := 0, len(d.Keys)
	for low < high {
		mid := (low + high) / 2
		order := compareKeys(d.Keys[mid], key)
		switch {
		case order == 0:
			return mid, true
		case order < 0:
			low = mid + 1
		default:
			high = mid
		}
	}
	return low, false
}

// compareKeys is the order in which jsonb stores keys: shorter ones first.
func compareKeys(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}

// scalar says whether d is neither array nor object.
func (d *Doc) scalar() bool { return d.Kind < DocArray }

// Compare is the btree order of jsonb (compareJsonbContainers in jsonb_util.c), including its
// oddity that an empty array at top level is less than any scalar.
func (d *Doc) Compare(e *Doc) int {
	switch {
	case d.scalar() && e.Kind == DocArray:
		if len(e.Items) != 1 {
			return cmp.Compare(1, len(e.Items))
		}
		return -1
	case e.scalar() && d.Kind == DocArray:
		return -e.Compare(d)
	}
	return d.compare(e)
}

func (d *Doc) compare(e *Doc) int {
	if d.Kind != e.Kind {
		return cmp.Compare(d.Kind, e.Kind)
	}
	switch d.Kind {
	case DocString:
		return strings.Compare(d.Text, e.Text)
	case DocNumber:
		return d.Num.Compare(e.Num)
	case DocArray, DocObject:
		return d.compareItems(e)
	}
	return 0
}

func (d *Doc) compareItems(e *Doc) int {
	if order := cmp.Compare(len(d.Items), len(e.Items)); order != 0 {
		return order
	}
	for i := range d.Items {
		if d.Kind == DocObject {
			if order := strings.Compare(d.Keys[i], e.Keys[i]); order != 0 {
				return order
			}
		}
		if order := d.Items[i].compare(&e.Items[i]); order != 0 {
			return order
		}
	}
	return 0
}

func (d *Doc) hash(h uint64) uint64 {
	h = hashWord(h, uint64(d.Kind))
	switch d.Kind {
	case DocString:
		return hashString(h, d.Text)
	case DocNumber:
		return d.Num.hash(h)
	}
	for i := range d.Items {
		if d.Kind == DocObject {
			h = hashString(h, d.Keys[i])
		}
		h = d.Items[i].hash(h)
	}
	return hashWord(h, uint64(len(d.Items)))
}
