// Package randomness draws.
//
//simsafe:strict
package randomness

import (
	crypto "crypto/rand"
	"hash/fnv"
	"hash/maphash"
	old "math/rand"
	"math/rand/v2"
)

func bad(list []int, b []byte) {
	_ = old.Intn(3)                           // want `randomness: rand.Intn: it cannot be replayed; draw with port.Entropy.Random`
	old.Shuffle(len(list), func(i, j int) {}) // want `randomness: rand.Shuffle`
	_ = rand.N(3)                             // want `randomness: rand.N`
	_ = rand.Uint64()                         // want `randomness: rand.Uint64`
	_, _ = crypto.Read(b)                     // want `randomness: rand.Read`
	_ = crypto.Reader                         // want `randomness: rand.Reader`
	var h maphash.Hash                        // want `randomness: maphash.Hash: its seed differs`
	_ = h
	_ = maphash.MakeSeed() // want `randomness: maphash.MakeSeed`
}

func good(seed uint64) uint64 {
	source := rand.New(rand.NewPCG(seed, 1))
	h := fnv.New64a()
	return source.Uint64() + h.Sum64()
}
