package chaos

import "math/bits"

// The constants and steps below are frozen. TestDrawIsFrozen holds golden values.
const (
	hashSeed  = 0x51_75_61_6c_6c_2d_31_00 // "Squall-1"
	hashPrime = 0x9e_37_79_b9_7f_4a_7c_15 // 2^64 divided by the golden ratio
	hashOdd   = 0xd6_e8_fe_b8_66_59_fd_93
)

// Mix returns a 64-bit hash of two words; every bit of the result depends on every
// bit of both.
func Mix(a, b uint64) uint64 {
	high, low := bits.Mul64(a^hashPrime, b^hashOdd)
	h := high ^ low ^ bits.RotateLeft64(a, 23) ^ b
	h ^= h >> 32
	h *= hashOdd
	h ^= h >> 29
	return h
}

// HashString returns the hash of s that begins from h.
func HashString(h uint64, s string) uint64 {
	h = Mix(h, uint64(len(s)))
	for len(s) >= 8 {
		h = (bits.RotateLeft64(h, 25) ^ word(s)) * hashPrime
		s = s[8:]
	}
	var last uint64
	for i := range len(s) {
		last |= uint64(s[i]) << (8 * i)
	}
	return Mix(h, last)
}

func word(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// HashIdentity returns the hash of an identity's parts without its attempt. An op is
// given whole in name, or as name and key, which is the same as name{key}.
func HashIdentity(where, what, name, key string) uint64 {
	if key == "" {
		name, key = splitOp(name)
	}
	h := HashString(hashSeed, where)
	h = HashString(h, what)
	h = HashString(h, name)
	return HashString(h, key)
}

func splitOp(op string) (name, key string) {
	if n := len(op); n > 0 && op[n-1] == '}' {
		for i := range n {
			if op[i] == '{' {
				return op[:i], op[i+1 : n-1]
			}
		}
	}
	return op, ""
}

// WithAttempt completes the hash of an identity's parts to that of the identity.
func WithAttempt(parts uint64, n int) uint64 { return Mix(parts, uint64(n)) }

// Purpose is what a draw is for. Draws of different purposes are independent.
type Purpose uint64

// PurposeOf returns the purpose with a name.
func PurposeOf(name string) Purpose { return Purpose(HashString(hashSeed, name)) }

// Draw returns 64 random bits that depend on nothing but its arguments.
func Draw(seed uint64, purpose Purpose, identity uint64) uint64 {
	return Mix(Mix(seed, uint64(purpose)), identity)
}

// Below maps a draw to a number from 0 to n-1, evenly. n is at least 1.
func Below(draw, n uint64) uint64 {
	high, _ := bits.Mul64(draw, n)
	return high
}

// PPM is a probability in parts per million.
type PPM uint32

// Hits says whether a draw falls under the probability.
func (p PPM) Hits(draw uint64) bool { return Below(draw, 1_000_000) < uint64(p) }
