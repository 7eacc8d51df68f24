package chaos

import (
	"fmt"
	"strconv"
	"strings"
)

// Identity names one crossing by its cause.
type Identity struct {
	Where string // the service, client or server at whose edge it happens: payment
	What  string // what crosses: commit, exec ClaimMessage, publish, delivery to order.saga
	Op    string // what it is done for, as Op.String writes it: CapturePayment{ann/order-7}
	N     int    // which attempt at this, from 1
}

// String writes the identity in the one form that ParseIdentity reads.
func (id Identity) String() string {
	return id.Where + ": " + id.What + " of " + id.Op + ", attempt " + strconv.Itoa(id.N)
}

// ParseIdentity reads what String writes.
func ParseIdentity(text string) (Identity, error) {
	where, rest, ok := strings.Cut(text, ": ")
	if !ok || where == "" {
		return Identity{}, fmt.Errorf("identity %q: no `service: ` at its start", text)
	}
	what, rest, ok := strings.Cut(rest, " of ")
	if !ok || what == "" {
		return Identity{}, fmt.Errorf("identity %q: no `what of ` after the service", text)
	}
	at := strings.LastIndex(rest, ", attempt ")
	if at < 0 {
		return Identity{}, fmt.Errorf("identity %q: no `, attempt N` at its end", text)
	}
	n, err := strconv.Atoi(rest[at+len(", attempt "):])
	if err != nil || n < 1 {
		return Identity{}, fmt.Errorf("identity %q: the attempt is not a number from 1", text)
	}
	return Identity{Where: where, What: what, Op: rest[:at], N: n}, nil
}

// Hash returns the identity's frozen hash: the key of its draws.
func (id Identity) Hash() uint64 {
	return WithAttempt(HashIdentity(id.Where, id.What, id.Op, ""), id.N)
}
