package value

import "strings"

// The mixing constants are those of FNV-1a over 64 bits, with a final avalanche; any fixed function
// would do. It is the same on every machine and in every process.
const (
	hashSeed  = uint64(14695981039346656037)
	hashPrime = uint64(1099511628211)
)

// Hash is equal for values that Equal calls equal. It is stable across processes.
func Hash(v Value) uint64 { return mix(hashValue(hashSeed, v)) }

// HashRow is Hash over several values.
func HashRow(row []Value) uint64 {
	h := hashSeed
	for i := range row {
		h = hashValue(h, row[i])
	}
	return mix(h)
}

func hashValue(h uint64, v Value) uint64 {
	h = (h ^ uint64(v.Kind)) * hashPrime
	switch v.Kind {
	case KindInt, KindTimestamp, KindDate, KindBool, KindTime, KindEnum:
		return hashWord(h, uint64(v.N))
	case KindText, KindUUID, KindBytes, KindJSON:
		return hashString(h, v.S)
	case KindChar:
		return hashString(h, strings.TrimRight(v.S, " "))
	case KindFloat:
		return hashWord(h, uint64(floatKey(v.N)))
	case KindNumeric:
		return v.Decimal().hash(h)
	case KindInterval:
		days, micros := v.Span().normal()
		return hashWord(hashWord(h, uint64(days)), uint64(micros))
	case KindJSONB:
		return v.Doc().hash(h)
	case KindArray:
		return hashList(h, v.Array().Values)
	case KindRecord:
		return hashList(h, v.Record().Values)
	}
	return h
}

func hashList(h uint64, list []Value) uint64 {
	for i := range list {
		h = hashValue(h, list[i])
	}
	return hashWord(h, uint64(len(list)))
}

func hashWord(h, w uint64) uint64 { return mix(h^w) * hashPrime }

func hashString(h uint64, s string) uint64 {
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * hashPrime
	}
	return hashWord(h, uint64(len(s)))
}

// mix spreads every bit of h over all others (the finaliser of MurmurHash3).
func mix(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
