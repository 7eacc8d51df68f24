package wire

import (
	"cmp"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/squallhq/squall/chaos"
)

// Storm decides which crossings meet a fault; sim's storms are such. The Book calls it by
// one goroutine at a time.
type Storm interface {
	// Strike returns the fault, among allowed, that meets the crossing with this
	// hash, and its duration if its kind has one; or NoFault.
	Strike(seed, crossing uint64, allowed chaos.KindSet) (chaos.Kind, time.Duration)
}

// Crasher ends the process (Kill) or the machine (LoseMachine) of the node that is at the
// other end of client, and returns when it is gone. The request is held meanwhile and never
// arrives. It need not wait until the node is back. An error says that nothing was ended; then
// the request goes on.
type Crasher func(strike chaos.Strike, client net.Addr) error

// Book is what all proxies of a run share: it counts the attempts of every identity, asks
// the storm, and keeps what was seen and what fired.
type Book struct {
	seed  uint64
	start time.Time

	mutex    sync.Mutex
	storm    Storm
	crasher  Crasher
	attempts map[uint64]int // by the hash of an identity's parts
	seen     map[[2]string]*Seen
	fired    []*Fired
}

// NewBook returns a book for a run with a seed. No storm blows yet.
func NewBook(seed uint64) *Book {
	return &Book{seed: seed, start: time.Now(), attempts: map[uint64]int{}, seen: map[[2]string]*Seen{}}
}

// SetStorm lets a storm blow from now on; nil ends it.
func (b *Book) SetStorm(storm Storm) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.storm = storm
}

// SetCrasher says who can end a node. Without one Kill and LoseMachine do not strike.
func (b *Book) SetCrasher(crasher Crasher) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.crasher = crasher
}

// Seen counts the crossings of one kind.
type Seen struct {
	Where, What string
	Keyed       int // with a business key, so that they can be struck
	Unkeyed     int
}

// Seen returns what was seen so far, sorted by service and what.
func (b *Book) Seen() []Seen {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	all := make([]Seen, 0, len(b.seen))
	for _, s := range b.seen {
		all = append(all, *s)
	}
	slices.SortFunc(all, func(x, y Seen) int {
		return cmp.Or(cmp.Compare(x.Where, y.Where), cmp.Compare(x.What, y.What))
	})
	return all
}

// Fired is a fault that struck, and the proof that it bit.
type Fired struct {
	Fault chaos.Strike
	At    time.Duration // since the book was made
	Proof Proof
}

// Proof is what the proxy saw of a fault's effect.
type Proof struct {
	Bit      bool          // the fault was brought about
	Text     string        // how, or why not, in words
	Arrived  bool          // the request is known to have reached the server
	Withheld int64         // bytes that did not reach whom they were for, so far
	Late     time.Duration // by how much the crossing was late
}

// Fired returns what has fired so far, in order.
func (b *Book) Fired() []Fired {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	all := make([]Fired, len(b.fired))
	for i, f := range b.fired {
		all[i] = *f
	}
	return all
}

// op is a port.Op as it stands on the wire.
type op struct{ name, key string }

func (o op) keyed() bool { return o.key != "" }

func (o op) String() string {
	if o.key == "" {
		return o.name
	}
	return o.name + "{" + o.key + "}"
}

// crossing is one passage, and what the storm has decided about it.
type crossing struct {
	book  *Book
	fault chaos.Kind // NoFault, or one of those allowed
	by    time.Duration
	hash  uint64
	fired *Fired // nil if nothing strikes
}

// cross counts a crossing and asks the storm. Crashes are allowed beside allowed where the
// crossing is a request of the client's and there is a crasher.
func (b *Book) cross(where, what string, o op, allowed chaos.KindSet, request bool) crossing {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	seen := b.look(where, what)
	if !o.keyed() {
		seen.Unkeyed++
		return crossing{}
	}
	seen.Keyed++
	parts := chaos.HashIdentity(where, what, o.name, o.key)
	n := b.attempts[parts] + 1
	b.attempts[parts] = n
	c := crossing{book: b, hash: chaos.WithAttempt(parts, n)}
	if request && b.crasher != nil {
		allowed |= chaos.Crashes
	}
	b.strike(&c, allowed, chaos.Identity{Where: where, What: what, Op: o.String(), N: n})
	return c
}

func (b *Book) look(where, what string) *Seen {
	key := [2]string{where, what}
	seen := b.seen[key]
	if seen == nil {
		seen = &Seen{Where: where, What: what}
		b.seen[key] = seen
	}
	return seen
}

func (b *Book) strike(c *crossing, allowed chaos.KindSet, id chaos.Identity) {
	if b.storm == nil {
		return
	}
	kind, d := b.storm.Strike(b.seed, c.hash, allowed)
	if kind == chaos.NoFault || !allowed.Has(kind) {
		return
	}
	c.fault, c.by = kind, d
	c.fired = &Fired{Fault: chaos.NewStrike(kind, id, d), At: time.Since(b.start)}
	b.fired = append(b.fired, c.fired)
}

// draw returns random bits of the crossing for a purpose, the same as sim's.
func (c *crossing) draw(purpose chaos.Purpose) uint64 {
	return chaos.Draw(c.book.seed, purpose, c.hash)
}

// prove notes what was seen of the effect. Without a fault it does nothing.
func (c *crossing) prove(note func(*Proof)) {
	if c.fired == nil {
		return
	}
	c.book.mutex.Lock()
	defer c.book.mutex.Unlock()
	note(&c.fired.Proof)
}

// bit notes that the fault was brought about.
func (c *crossing) bit(text string) {
	c.prove(func(p *Proof) { p.Bit, p.Text = true, text })
}
