package value

import "math/bits"

// The server's own hash functions, which SQL can call: advisory locks are often taken on
// hashtext(key). They are Bob Jenkins' lookup3 as hashfn.c has it, on a little-endian machine.

// jenkins is the state of the hash.
type jenkins struct{ a, b, c uint32 }

func newJenkins(length int) jenkins {
	n := 0x9e3779b9 + uint32(length) + 3923095
	return jenkins{n, n, n}
}

func (h *jenkins) mix() {
	h.a -= h.c
	h.a ^= bits.RotateLeft32(h.c, 4)
	h.c += h.b
	h.b -= h.a
	h.b ^= bits.RotateLeft32(h.a, 6)
	h.a += h.c
	h.c -= h.b
	h.c ^= bits.RotateLeft32(h.b, 8)
	h.b += h.a
	h.a -= h.c
	h.a ^= bits.RotateLeft32(h.c, 16)
	h.c += h.b
	h.b -= h.a
	h.b ^= bits.RotateLeft32(h.a, 19)
	h.a += h.c
	h.c -= h.b
	h.c ^= bits.RotateLeft32(h.b, 4)
	h.b += h.a
}

func (h *jenkins) final() {
	h.c ^= h.b
	h.c -= bits.RotateLeft32(h.b, 14)
	h.a ^= h.c
	h.a -= bits.RotateLeft32(h.c, 11)
	h.b ^= h.a
	h.b -= bits.RotateLeft32(h.a, 25)
	h.c ^= h.b
	h.c -= bits.RotateLeft32(h.b, 16)
	h.a ^= h.c
	h.a -= bits.RotateLeft32(h.c, 4)
	h.b ^= h.a
	h.b -= bits.RotateLeft32(h.a, 14)
	h.c ^= h.b
	h.c -= bits.RotateLeft32(h.b, 24)
}

func (h *jenkins) seed(seed uint64) {
	if seed != 0 {
		h.a += uint32(seed >> 32)
		h.b += uint32(seed)
		h.mix()
	}
}

// bytes takes in a string twelve bytes at a time. The last byte of c's word is left for the length.
func (h *jenkins) bytes(s string) {
	for ; len(s) >= 12; s = s[12:] {
		h.a += word(s)
		h.b += word(s[4:])
		h.c += word(s[8:])
		h.mix()
	}
	h.a += word(s)
	h.b += word(s[min(4, len(s)):])
	h.c += word(s[min(8, len(s)):]) << 8
	h.final()
}

// word is up to four bytes as a little-endian number.
func word(s string) uint32 {
	n := uint32(0)
	for i := range min(4, len(s)) {
		n |= uint32(s[i]) << (8 * i)
	}
	return n
}

func hashBytes(s string, seed uint64) jenkins {
	h := newJenkins(len(s))
	h.seed(seed)
	h.bytes(s)
	return h
}

func hashNumber(n uint32, seed uint64) jenkins {
	h := newJenkins(4)
	h.seed(seed)
	h.a += n
	h.final()
	return h
}

// foldInt8 makes equal numbers of different widths hash alike.
func foldInt8(n int64) uint32 {
	high := uint32(n >> 32)
	if n < 0 {
		high = ^high
	}
	return uint32(n) ^ high
}

func hash4(h jenkins) (Value, error) { return OfInt(int64(int32(h.c))), nil }
func hash8(h jenkins) (Value, error) { return OfInt(int64(uint64(h.b)<<32 | uint64(h.c))), nil }

func hashText(_ *Context, a []Value) (Value, error) { return hash4(hashBytes(a[0].S, 0)) }

func hashTextExtended(_ *Context, a []Value) (Value, error) {
	return hash8(hashBytes(a[0].S, uint64(a[1].N)))
}

func hashInt4(_ *Context, a []Value) (Value, error) { return hash4(hashNumber(uint32(a[0].N), 0)) }

func hashInt4Extended(_ *Context, a []Value) (Value, error) {
	return hash8(hashNumber(uint32(a[0].N), uint64(a[1].N)))
}

func hashInt8(_ *Context, a []Value) (Value, error) { return hash4(hashNumber(foldInt8(a[0].N), 0)) }

func hashInt8Extended(_ *Context, a []Value) (Value, error) {
	return hash8(hashNumber(foldInt8(a[0].N), uint64(a[1].N)))
}

var serverHashEvals = map[string]Eval{
	"hashtext": hashText, "hashtextextended": hashTextExtended, "hashname": hashText, "hashnameextended": hashTextExtended,
	"hashvarlena": hashText, "hashvarlenaextended": hashTextExtended, "uuid_hash": hashText, "uuid_hash_extended": hashTextExtended,
	"hashint2": hashInt4, "hashint2extended": hashInt4Extended, "hashint4": hashInt4, "hashint4extended": hashInt4Extended,
	"hashoid": hashInt4, "hashoidextended": hashInt4Extended, "hashint8": hashInt8, "hashint8extended": hashInt8Extended,
}
