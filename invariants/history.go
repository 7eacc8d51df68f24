package invariants

import "github.com/squallhq/squall/system/event"

// History is the ground truth of one run, after it has come to rest.
type History struct {
	// Converged says that the system came to rest within its bound: no message on
	// its way, no timer due, no checkout going on. Pending says what was left if not.
	Converged bool
	Pending   []string

	Requests  []Request
	Orders    []Order
	Checkouts []Checkout
	Shown     []Shown
	Facts     []Fact
	Messages  []Message
	Handled   []Handled
	Views     []View
	Stock     []Stock
	Charges   []Charge
	Mails     []Mail
}

// Request is one attempt of a client, and what came of it.
type Request struct {
	Client   string // the customer
	Key      string // the Idempotency-Key
	Attempt  int    // from 1
	Action   Action
	OrderID  string // of Cancel: which; of Place: the answer's, if there was one
	Answered bool   // an answer came; otherwise its outcome is unknown
	Status   int    // of HTTP, if answered
	Body     string // the answer's, if answered
}

// Accepted says whether the request was answered and obeyed.
func (r Request) Accepted() bool { return r.Answered && r.Status >= 200 && r.Status < 300 }

// Action is what a client asked for.
type Action string

// The actions.
const (
	Place  Action = "place"
	Cancel Action = "cancel"
)

// Order is an order as its facts tell.
type Order struct {
	ID        string
	Customer  string
	Key       string
	Lines     []event.Line
	Total     event.Cents
	Email     string
	Completed bool
	Cancelled bool
	Reason    event.Reason
}

// Shown is the status of an order as customers are shown it.
type Shown struct {
	OrderID string
	Status  string
}

// Checkout is a saga's row.
type Checkout struct {
	OrderID string
	Step    string
	Ended   bool
}

// Fact is a row of a service's event store.
type Fact struct {
	Service   string
	Stream    string
	Version   int
	Type      string
	Subject   string
	Causation string
	Payload   event.Payload
}

// Message is a row of a service's outbox, with those who must have handled it.
type Message struct {
	Service   string
	ID        string
	Type      string
	Sent      bool
	Receivers []string // the services bound to it
}

// Handled is a message that a service has in its inbox or among its dead letters.
type Handled struct {
	Service string
	ID      string
	Dead    bool
}

// View is a row of a read model beside what the facts say it should be, both as text. A
// missing row is empty.
type View struct {
	Service  string
	Key      string
	Row      string
	Replayed string
}

// Stock is an article's row.
type Stock struct {
	SKU      string
	OnHand   int64
	Reserved int64
}

// Charge is one payment in the gateway's ledger.
type Charge struct {
	OrderID  string
	Intent   string
	Held     event.Cents // still held
	Captured event.Cents // taken
	Refunded event.Cents // given back
	Refunds  int
	Declined bool
}

// Net is what the payment has cost the customer.
func (c Charge) Net() event.Cents { return c.Captured - c.Refunded }

// Mail is a message in the mailbox.
type Mail struct {
	ID     string
	To     string
	Copies int
}
