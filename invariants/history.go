package invariants

import "github.com/squallhq/squall/system/event"

// History is the ground truth of one run, after it has come to rest.
type History struct {
	// Converged says that the system came to rest within its bound: no message on
	// its way, no timer due, no checkout going on. Pending says what was left if not.
	Converged bool     `json:"converged"`
	Pending   []string `json:"pending"`

	Requests  []Request  `json:"requests"`
	Orders    []Order    `json:"orders"`
	Checkouts []Checkout `json:"checkouts"`
	Shown     []Shown    `json:"shown"`
	Facts     []Fact     `json:"facts"`
	Messages  []Message  `json:"messages"`
	Handled   []Handled  `json:"handled"`
	Views     []View     `json:"views"`
	Stock     []Stock    `json:"stock"`
	Charges   []Charge   `json:"charges"`
	Mails     []Mail     `json:"mails"`
}

// Request is one attempt of a client, and what came of it.
type Request struct {
	Client   string `json:"client"`  // the customer
	Key      string `json:"key"`     // the Idempotency-Key
	Attempt  int    `json:"attempt"` // from 1
	Action   Action `json:"action"`
	OrderID  string `json:"order_id"` // of Cancel: which; of Place: the answer's, if there was one
	Answered bool   `json:"answered"` // an answer came; otherwise its outcome is unknown
	Status   int    `json:"status"`   // of HTTP, if answered
	Body     string `json:"body"`     // the answer's, if answered
}

// Accepted says whether the request was answered and obeyed.
func (r Request) Accepted() bool { return r.Answered && r.Status >= 200 && r.Status < 300 }

// Refused says whether the answer was that nothing is or will be done.
func (r Request) Refused() bool { return r.Answered && r.Status >= 400 && r.Status < 500 }

// Action is what a client asked for.
type Action string

// The actions.
const (
	Place  Action = "place"
	Cancel Action = "cancel"
)

// Order is an order as its facts tell.
type Order struct {
	ID        string       `json:"id"`
	Customer  string       `json:"customer"`
	Key       string       `json:"key"`
	Lines     []event.Line `json:"lines"`
	Total     event.Cents  `json:"total"`
	Email     string       `json:"email"`
	Completed bool         `json:"completed"`
	Cancelled bool         `json:"cancelled"`
	Reason    event.Reason `json:"reason"`
}

// Shown is the status of an order as customers are shown it.
type Shown struct {
	OrderID string `json:"order_id"`
	Status  string `json:"status"`
}

// Checkout is a saga's row.
type Checkout struct {
	OrderID string `json:"order_id"`
	Step    string `json:"step"`
	Ended   bool   `json:"ended"`
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
	Service   string   `json:"service"`
	ID        string   `json:"id"`
	Type      string   `json:"type"`
	Sent      bool     `json:"sent"`
	Receivers []string `json:"receivers"` // the services bound to it
}

// Handled is a message that a service has in its inbox or among its dead letters.
type Handled struct {
	Service string `json:"service"`
	ID      string `json:"id"`
	Dead    bool   `json:"dead"`
}

// View is a row of a read model beside what the facts say it should be, both as text. A
// missing row is empty.
type View struct {
	Service  string `json:"service"`
	Key      string `json:"key"`
	Row      string `json:"row"`
	Replayed string `json:"replayed"`
}

// Stock is an article's row.
type Stock struct {
	SKU      string `json:"sku"`
	OnHand   int64  `json:"on_hand"`
	Reserved int64  `json:"reserved"`
}

// Charge is one payment in the gateway's ledger.
type Charge struct {
	OrderID  string      `json:"order_id"`
	Intent   string      `json:"intent"`
	Held     event.Cents `json:"held"`     // still held
	Captured event.Cents `json:"captured"` // taken
	Refunded event.Cents `json:"refunded"` // given back
	Refunds  int         `json:"refunds"`
	Declined bool        `json:"declined"`
}

// Net is what the payment has cost the customer.
func (c Charge) Net() event.Cents { return c.Captured - c.Refunded }

// Mail is a message in the mailbox.
type Mail struct {
	ID     string `json:"id"`
	To     string `json:"to"`
	Copies int    `json:"copies"`
}
