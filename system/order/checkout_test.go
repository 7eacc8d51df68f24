package order_test

import (
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/squallhq/squall/system/event"
	"github.com/squallhq/squall/system/order"
)

func aPlaced() event.OrderPlaced {
	return event.OrderPlaced{
		OrderID: "7", Customer: "ann", Key: "order-7", Email: "ann@example.com",
		Lines: []event.Line{{SKU: "tea", Quantity: 2, Price: 350}}, Total: 700,
	}
}

// The commands of a checkout of aPlaced.
var (
	reserve   = event.ReserveStock{OrderID: "7", Lines: aPlaced().Lines}
	authorise = event.AuthorisePayment{OrderID: "7", Customer: "ann", Amount: 700}
	commit    = event.CommitStock{OrderID: "7"}
	capturing = event.CapturePayment{OrderID: "7"}
	release   = event.ReleaseStock{OrderID: "7"}
	void      = event.VoidPayment{OrderID: "7"}
)

func TestBegin(t *testing.T) {
	c, commands := order.Begin(aPlaced())
	want := order.Checkout{
		OrderID: "7", Customer: "ann", Email: "ann@example.com", Lines: aPlaced().Lines, Total: 700, Step: order.Reserving,
	}
	if !reflect.DeepEqual(c, want) || !reflect.DeepEqual(commands, []event.Command{reserve}) {
		t.Errorf("%+v, %v", c, commands)
	}
}

// state is the part of a checkout that changes.
type state struct {
	step           order.Step
	reason         event.Reason
	stock, payment bool // open
}

func (s state) checkout() order.Checkout {
	c, _ := order.Begin(aPlaced())
	c.Step, c.Reason, c.StockOpen, c.PaymentOpen = s.step, s.reason, s.stock, s.payment
	return c
}

func stateOf(c order.Checkout) state { return state{c.Step, c.Reason, c.StockOpen, c.PaymentOpen} }

// The states that a checkout can be in, and the messages that can come in each of them.
var (
	reserving   = state{step: order.Reserving}
	authorising = state{step: order.Authorising}
	committing  = state{step: order.Committing}
	takingMoney = state{step: order.Capturing}
	undoingBoth = state{order.Undoing, event.Declined, true, true}
	undoingHold = state{order.Undoing, event.TimedOut, true, false}
	undoingPay  = state{order.Undoing, event.ByCustomer, false, true}
	completed   = state{step: order.Completed}
	cancelled   = state{step: order.Cancelled, reason: event.OutOfStock}

	states   = []state{reserving, authorising, committing, takingMoney, undoingBoth, undoingHold, undoingPay, completed, cancelled}
	messages = []event.Payload{
		event.StockReserved{OrderID: "7", Lines: aPlaced().Lines}, event.StockRejected{OrderID: "7", SKU: "tea"},
		event.StockCommitted{OrderID: "7"}, event.StockReleased{OrderID: "7"},
		event.PaymentAuthorised{OrderID: "7", Intent: "pi_1"}, event.PaymentDeclined{OrderID: "7", Code: "card_declined"},
		event.PaymentCaptured{OrderID: "7"}, event.PaymentVoided{OrderID: "7", Refunded: 700},
		event.CancellationRequested{OrderID: "7"}, aPlaced(),
		overdue(order.Reserving), overdue(order.Authorising), overdue(order.Committing), overdue(order.Capturing),
		overdue(order.Undoing), overdue(order.Completed), overdue(order.Cancelled),
	}
)

func overdue(step order.Step) event.Payload {
	return event.CheckoutOverdue{OrderID: "7", Step: string(step)}
}

// nameOf names a message of the table; a timer by its step, too.
func nameOf(message event.Payload) string {
	if timer, ok := message.(event.CheckoutOverdue); ok {
		return timer.Type() + "_" + timer.Step
	}
	return message.Type()
}

type transition struct {
	to       state
	commands []event.Command
}

func undoing(reason event.Reason, commands ...event.Command) transition {
	return transition{state{order.Undoing, reason, true, len(commands) == 2}, commands}
}

// transitions holds every change. What is not in it changes nothing and asks for nothing.
var transitions = map[state]map[string]transition{
	reserving: {
		"StockReserved":             {authorising, []event.Command{authorise}},
		"StockRejected":             {cancelled, nil},
		"CancellationRequested":     undoing(event.ByCustomer, release),
		"CheckoutOverdue_reserving": undoing(event.TimedOut, release),
	},
	authorising: {
		"PaymentAuthorised":           {committing, []event.Command{commit}},
		"PaymentDeclined":             undoing(event.Declined, release, void),
		"CancellationRequested":       undoing(event.ByCustomer, release, void),
		"CheckoutOverdue_authorising": undoing(event.TimedOut, release, void),
	},
	committing: {
		"StockCommitted":             {takingMoney, []event.Command{capturing}},
		"CancellationRequested":      undoing(event.ByCustomer, release, void),
		"CheckoutOverdue_committing": undoing(event.TimedOut, release, void),
	},
	takingMoney: {
		"PaymentCaptured":           {completed, nil},
		"CancellationRequested":     undoing(event.ByCustomer, release, void),
		"CheckoutOverdue_capturing": undoing(event.TimedOut, release, void),
	},
	undoingBoth: {
		"StockReleased": {state{order.Undoing, event.Declined, false, true}, nil},
		"PaymentVoided": {state{order.Undoing, event.Declined, true, false}, nil},
	},
	undoingHold: {"StockReleased": {state{step: order.Cancelled, reason: event.TimedOut}, nil}},
	undoingPay:  {"PaymentVoided": {state{step: order.Cancelled, reason: event.ByCustomer}, nil}},
}

func TestNext(t *testing.T) {
	changes := 0
	for _, from := range states {
		t.Run(string(from.step), func(t *testing.T) {
			for _, message := range messages {
				want, listed := transitions[from][nameOf(message)]
				if !listed {
					want = transition{to: from}
				} else {
					changes++
				}
				c, commands := from.checkout().Next(message)
				if !reflect.DeepEqual(c, want.to.checkout()) || !slices.EqualFunc(commands, want.commands, same) {
					t.Errorf("%+v after %s: %+v, asks %v\nwant %+v, asks %v", from, nameOf(message), stateOf(c), commands, want.to, want.commands)
				}
			}
		})
	}
	if changes != 18 {
		t.Errorf("%d of the changes were tried", changes)
	}
}

func same(a, b event.Command) bool { return reflect.DeepEqual(a, b) }

func TestFact(t *testing.T) {
	want := map[order.Step]event.Payload{
		order.Completed: event.OrderCompleted{OrderID: "7", Email: "ann@example.com", Total: 700},
		order.Cancelled: event.OrderCancelled{OrderID: "7", Email: "ann@example.com", Reason: event.OutOfStock},
	}
	for _, s := range states {
		t.Run(string(s.step), func(t *testing.T) {
			if got := s.checkout().Fact(); got != want[s.step] {
				t.Errorf("%v, want %v", got, want[s.step])
			}
			if s.step.Ended() != (want[s.step] != nil) {
				t.Errorf("ended: %t", s.step.Ended())
			}
		})
	}
}

// model is a checkout told as lists: what was asked for and what was heard in time.
type model struct {
	asked  []string
	heard  map[string]bool // answers to commands that stood open
	wish   event.Reason    // why it is to be undone
	ending event.Payload
}

// forward lists the way to completion: each command and the answer that leads on.
var forward = [][2]string{
	{"ReserveStock", "StockReserved"}, {"AuthorisePayment", "PaymentAuthorised"},
	{"CommitStock", "StockCommitted"}, {"CapturePayment", "PaymentCaptured"},
}

var stepNames = []string{"reserving", "authorising", "committing", "capturing"}

// tell tells the model of a message.
func (m *model) tell(message event.Payload) {
	if m.ending != nil {
		return
	}
	if m.wish != "" {
		m.tellUndoing(message.Type())
		return
	}
	at := len(m.asked) - 1
	switch name := nameOf(message); {
	case name == forward[at][1] && at == 3:
		m.ending = event.OrderCompleted{OrderID: "7", Email: "ann@example.com", Total: 700}
	case name == forward[at][1]:
		m.asked = append(m.asked, forward[at+1][0])
	case name == "StockRejected" && at == 0:
		m.cancel(event.OutOfStock)
	case name == "PaymentDeclined" && at == 1:
		m.undo(event.Declined)
	case name == "CheckoutOverdue_"+stepNames[at]:
		m.undo(event.TimedOut)
	case name == "CancellationRequested":
		m.undo(event.ByCustomer)
	}
}

func (m *model) tellUndoing(name string) {
	m.heard[name] = true
	stock := !slices.Contains(m.asked, "ReleaseStock") || m.heard["StockReleased"]
	money := !slices.Contains(m.asked, "VoidPayment") || m.heard["PaymentVoided"]
	if stock && money {
		m.cancel(m.wish)
	}
}

// undo asks to undo everything asked for.
func (m *model) undo(reason event.Reason) {
	m.wish = reason
	asked := slices.Clone(m.asked)
	if slices.Contains(asked, "ReserveStock") {
		m.asked = append(m.asked, "ReleaseStock")
	}
	if slices.Contains(asked, "AuthorisePayment") {
		m.asked = append(m.asked, "VoidPayment")
	}
}

func (m *model) cancel(reason event.Reason) {
	m.ending = event.OrderCancelled{OrderID: "7", Email: "ann@example.com", Reason: reason}
}

// Whatever comes in whatever order and however often, a checkout does what its model does
// and keeps its promises.
func TestNextAgainstItsModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, commands := order.Begin(aPlaced())
		asked := names(nil, commands)
		m := &model{asked: []string{"ReserveStock"}, heard: map[string]bool{}}
		for _, message := range rapid.SliceOfN(rapid.SampledFrom(likely), 0, 30).Draw(t, "messages") {
			before := c
			c, commands = c.Next(message)
			asked = names(asked, commands)
			m.tell(message)
			if !slices.Equal(asked, m.asked) || c.Fact() != m.ending {
				t.Fatalf("after %s: %+v, asked %v, fact %v\nmodel: asked %v, fact %v", nameOf(message), stateOf(c), asked, c.Fact(), m.asked, m.ending)
			}
			keepsPromises(t, before, c, asked, commands)
		}
	})
}

// likely holds the messages, those that lead on more often.
var likely = slices.Concat(messages, messages[:9], messages[:9], messages[:9])

func names(asked []string, commands []event.Command) []string {
	for _, command := range commands {
		asked = append(asked, command.Type())
	}
	return asked
}

func keepsPromises(t *rapid.T, before, c order.Checkout, asked []string, commands []event.Command) {
	if before.Step.Ended() && (!reflect.DeepEqual(before, c) || len(commands) > 0) {
		t.Fatalf("an ended checkout went on: %+v, asks %v", stateOf(c), commands)
	}
	once := slices.Clone(asked)
	slices.Sort(once)
	if len(slices.Compact(once)) != len(asked) {
		t.Fatalf("a command is asked for twice: %v", asked)
	}
	if c.Step == order.Undoing {
		if !slices.Contains(asked, "ReleaseStock") || slices.Contains(asked, "AuthorisePayment") != slices.Contains(asked, "VoidPayment") {
			t.Fatalf("undoing does not undo what was asked for: %v", asked)
		}
		if !c.StockOpen && !c.PaymentOpen {
			t.Fatal("undoing waits for nothing")
		}
	}
	if c.Step == order.Completed && slices.Contains(asked, "VoidPayment") {
		t.Fatalf("a completed order is undone: %v", asked)
	}
}
