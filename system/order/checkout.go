package order

import "github.com/squallhq/squall/system/event"

// Step is where a checkout stands.
type Step string

// The steps of a checkout.
const (
	Reserving   Step = "reserving"
	Authorising Step = "authorising"
	Committing  Step = "committing"
	Capturing   Step = "capturing"
	Undoing     Step = "undoing"
	Completed   Step = "completed"
	Cancelled   Step = "cancelled"
)

// Ended says whether nothing more will happen.
func (s Step) Ended() bool { return s == Completed || s == Cancelled }

// Checkout is the state of one order's saga.
type Checkout struct {
	OrderID     string
	Customer    string
	Email       string
	Lines       []event.Line
	Total       event.Cents
	Step        Step
	Reason      event.Reason // why it is undone
	StockOpen   bool         // the answer to ReleaseStock is awaited
	PaymentOpen bool         // the answer to VoidPayment is awaited
}

// Begin returns the checkout of an order just placed, and the first command.
func Begin(placed event.OrderPlaced) (Checkout, []event.Command) {
	c := Checkout{
		OrderID: placed.OrderID, Customer: placed.Customer, Email: placed.Email,
		Lines: placed.Lines, Total: placed.Total, Step: Reserving,
	}
	return c, []event.Command{event.ReserveStock{OrderID: c.OrderID, Lines: c.Lines}}
}

// Next returns the checkout after a message, and the commands to send. A message that the
// current step does not wait for changes nothing: it is late or repeated.
func (c Checkout) Next(message event.Payload) (Checkout, []event.Command) {
	switch m := message.(type) {
	case event.StockReserved:
		if c.Step == Reserving {
			return c.to(Authorising, event.AuthorisePayment{OrderID: c.OrderID, Customer: c.Customer, Amount: c.Total})
		}
	case event.PaymentAuthorised:
		if c.Step == Authorising {
			return c.to(Committing, event.CommitStock{OrderID: c.OrderID})
		}
	case event.StockCommitted:
		if c.Step == Committing {
			return c.to(Capturing, event.CapturePayment{OrderID: c.OrderID})
		}
	case event.PaymentCaptured:
		if c.Step == Capturing {
			return c.to(Completed)
		}
	case event.StockRejected:
		if c.Step == Reserving {
			c.Reason = event.OutOfStock
			return c.to(Cancelled)
		}
	case event.PaymentDeclined:
		if c.Step == Authorising {
			return c.undo(event.Declined)
		}
	case event.CheckoutOverdue:
		if c.Step == Step(m.Step) && c.Step != Undoing {
			return c.undo(event.TimedOut)
		}
	case event.CancellationRequested:
		return c.undo(event.ByCustomer)
	case event.StockReleased:
		return c.undone(true)
	case event.PaymentVoided:
		return c.undone(false)
	}
	return c, nil
}

func (c Checkout) to(step Step, commands ...event.Command) (Checkout, []event.Command) {
	c.Step = step
	return c, commands
}

// undo asks to undo what was asked for so far. The payment was asked for in every step
// after Reserving, whatever it answered.
func (c Checkout) undo(reason event.Reason) (Checkout, []event.Command) {
	if c.Step.Ended() || c.Step == Undoing {
		return c, nil
	}
	commands := []event.Command{event.ReleaseStock{OrderID: c.OrderID}}
	c.StockOpen = true
	if c.Step != Reserving {
		commands = append(commands, event.VoidPayment{OrderID: c.OrderID})
		c.PaymentOpen = true
	}
	c.Reason = reason
	return c.to(Undoing, commands...)
}

// undone notes that the stock, or else the payment, is undone.
func (c Checkout) undone(stock bool) (Checkout, []event.Command) {
	if c.Step != Undoing {
		return c, nil
	}
	if stock {
		c.StockOpen = false
	} else {
		c.PaymentOpen = false
	}
	if !c.StockOpen && !c.PaymentOpen {
		c.Step = Cancelled
	}
	return c, nil
}

// Fact returns the fact that ends the order, or nil while the checkout goes on.
func (c Checkout) Fact() event.Payload {
	switch c.Step {
	case Completed:
		return event.OrderCompleted{OrderID: c.OrderID, Email: c.Email, Total: c.Total}
	case Cancelled:
		return event.OrderCancelled{OrderID: c.OrderID, Email: c.Email, Reason: c.Reason}
	default:
		return nil
	}
}
