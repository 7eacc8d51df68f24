package event

import (
	"encoding/json"
	"fmt"
)

// Payload is what a message says. Its type name is part of the contract between services.
type Payload interface{ Type() string }

// Command is a payload that asks one service to do something.
type Command interface {
	Payload
	// Receiver is the service that obeys.
	Receiver() string
}

// The services, as messages name them.
const (
	Order        = "order"
	Payment      = "payment"
	Inventory    = "inventory"
	Notification = "notification"
)

// Cents is an amount of money in hundredths of Currency.
type Cents int64

// Currency is the one currency of all amounts (ISO 4217).
const Currency = "EUR"

// Line is one line of a basket.
type Line struct {
	SKU      string `json:"sku"`
	Quantity int64  `json:"quantity"`
	Price    Cents  `json:"price_cents"` // of one unit
}

// Total is the price of all lines.
func Total(lines []Line) Cents {
	var total Cents
	for _, line := range lines {
		total += line.Price * Cents(line.Quantity)
	}
	return total
}

// Facts of the order service.
type (
	// OrderPlaced begins an order and its checkout. Key is the client's
	// Idempotency-Key; with the customer it makes the business key.
	OrderPlaced struct {
		OrderID  string `json:"order_id"`
		Customer string `json:"customer"`
		Key      string `json:"key"`
		Email    string `json:"email"`
		Lines    []Line `json:"lines"`
		Total    Cents  `json:"total_cents"`
	}
	// CancellationRequested records the customer's wish, whatever comes of it.
	CancellationRequested struct {
		OrderID string `json:"order_id"`
	}
	// OrderCompleted ends an order that is paid and leaves the warehouse.
	OrderCompleted struct {
		OrderID string `json:"order_id"`
		Email   string `json:"email"`
		Total   Cents  `json:"total_cents"`
	}
	// OrderCancelled ends an order of which nothing remains.
	OrderCancelled struct {
		OrderID string `json:"order_id"`
		Email   string `json:"email"`
		Reason  Reason `json:"reason"`
	}
)

// Reason says why an order was cancelled.
type Reason string

// The reasons.
const (
	OutOfStock Reason = "out_of_stock"
	Declined   Reason = "payment_declined"
	TimedOut   Reason = "timed_out"
	ByCustomer Reason = "cancelled_by_customer"
)

// Commands to the inventory service and the facts that answer them.
type (
	// ReserveStock asks for all lines or none.
	ReserveStock struct {
		OrderID string `json:"order_id"`
		Lines   []Line `json:"lines"`
	}
	// CommitStock turns a reservation into goods that leave.
	CommitStock struct {
		OrderID string `json:"order_id"`
	}
	// ReleaseStock undoes whatever the order holds, has taken, or may yet ask for.
	ReleaseStock struct {
		OrderID string `json:"order_id"`
	}
	// StockReserved says that all lines are held.
	StockReserved struct {
		OrderID string `json:"order_id"`
		Lines   []Line `json:"lines"`
	}
	// StockRejected says that nothing is held, because of SKU.
	StockRejected struct {
		OrderID string `json:"order_id"`
		SKU     string `json:"sku"`
	}
	// StockCommitted says that the goods are taken from stock.
	StockCommitted struct {
		OrderID string `json:"order_id"`
	}
	// StockReleased says that the order holds nothing and never will.
	StockReleased struct {
		OrderID string `json:"order_id"`
	}
)

// Commands to the payment service and the facts that answer them or that it records.
type (
	// AuthorisePayment asks for the amount to be held on the customer's means of payment.
	AuthorisePayment struct {
		OrderID  string `json:"order_id"`
		Customer string `json:"customer"`
		Amount   Cents  `json:"amount_cents"`
	}
	// CapturePayment takes the amount held.
	CapturePayment struct {
		OrderID string `json:"order_id"`
	}
	// VoidPayment undoes whatever was held or taken, or may yet be asked for.
	VoidPayment struct {
		OrderID string `json:"order_id"`
	}
	// PaymentStarted is recorded before the gateway is first asked: from here on
	// money may be held.
	PaymentStarted struct {
		OrderID  string `json:"order_id"`
		Customer string `json:"customer"`
		Amount   Cents  `json:"amount_cents"`
	}
	// PaymentAuthorised says that the amount is held, under the gateway's name for it.
	PaymentAuthorised struct {
		OrderID string `json:"order_id"`
		Intent  string `json:"intent"`
	}
	// PaymentDeclined says that nothing is held.
	PaymentDeclined struct {
		OrderID string `json:"order_id"`
		Code    string `json:"code"`
	}
	// PaymentCaptured says that the amount is taken.
	PaymentCaptured struct {
		OrderID string `json:"order_id"`
	}
	// VoidRequested is recorded before the gateway is asked to undo: from here on
	// nothing more is authorised or captured.
	VoidRequested struct {
		OrderID string `json:"order_id"`
	}
	// PaymentVoided says that nothing is held or kept and never will be.
	PaymentVoided struct {
		OrderID  string `json:"order_id"`
		Refunded Cents  `json:"refunded_cents"`
	}
)

// GoodsReceived records that goods have come into the warehouse.
type GoodsReceived struct {
	SKU      string `json:"sku"`
	Quantity int64  `json:"quantity"`
}

// CustomerNotified records that the customer was told how an order ended.
type CustomerNotified struct {
	OrderID string `json:"order_id"`
	Notice  string `json:"notice"` // the type of the fact that was told
}

// CheckoutOverdue is a timer of the order service: a step of a checkout took too long.
type CheckoutOverdue struct {
	OrderID string `json:"order_id"`
	Step    string `json:"step"`
}

// Type returns the name of the type.
func (OrderPlaced) Type() string { return "OrderPlaced" }

// Type returns the name of the type.
func (CancellationRequested) Type() string { return "CancellationRequested" }

// Type returns the name of the type.
func (OrderCompleted) Type() string { return "OrderCompleted" }

// Type returns the name of the type.
func (OrderCancelled) Type() string { return "OrderCancelled" }

// Type returns the name of the type.
func (ReserveStock) Type() string { return "ReserveStock" }

// Type returns the name of the type.
func (CommitStock) Type() string { return "CommitStock" }

// Type returns the name of the type.
func (ReleaseStock) Type() string { return "ReleaseStock" }

// Type returns the name of the type.
func (StockReserved) Type() string { return "StockReserved" }

// Type returns the name of the type.
func (StockRejected) Type() string { return "StockRejected" }

// Type returns the name of the type.
func (StockCommitted) Type() string { return "StockCommitted" }

// Type returns the name of the type.
func (StockReleased) Type() string { return "StockReleased" }

// Type returns the name of the type.
func (AuthorisePayment) Type() string { return "AuthorisePayment" }

// Type returns the name of the type.
func (CapturePayment) Type() string { return "CapturePayment" }

// Type returns the name of the type.
func (VoidPayment) Type() string { return "VoidPayment" }

// Type returns the name of the type.
func (PaymentStarted) Type() string { return "PaymentStarted" }

// Type returns the name of the type.
func (PaymentAuthorised) Type() string { return "PaymentAuthorised" }

// Type returns the name of the type.
func (PaymentDeclined) Type() string { return "PaymentDeclined" }

// Type returns the name of the type.
func (PaymentCaptured) Type() string { return "PaymentCaptured" }

// Type returns the name of the type.
func (VoidRequested) Type() string { return "VoidRequested" }

// Type returns the name of the type.
func (PaymentVoided) Type() string { return "PaymentVoided" }

// Type returns the name of the type.
func (GoodsReceived) Type() string { return "GoodsReceived" }

// Type returns the name of the type.
func (CustomerNotified) Type() string { return "CustomerNotified" }

// Type returns the name of the type.
func (CheckoutOverdue) Type() string { return "CheckoutOverdue" }

// Receiver is the inventory service.
func (ReserveStock) Receiver() string { return Inventory }

// Receiver is the inventory service.
func (CommitStock) Receiver() string { return Inventory }

// Receiver is the inventory service.
func (ReleaseStock) Receiver() string { return Inventory }

// Receiver is the payment service.
func (AuthorisePayment) Receiver() string { return Payment }

// Receiver is the payment service.
func (CapturePayment) Receiver() string { return Payment }

// Receiver is the payment service.
func (VoidPayment) Receiver() string { return Payment }

// Version returns the version of a payload's data that this program writes.
func Version(Payload) int { return 1 }

// UnknownTypeError is a message that this program cannot read: of a type or a version
// that it does not know.
type UnknownTypeError struct {
	Type    string
	Version int
}

func (e *UnknownTypeError) Error() string {
	return fmt.Sprintf("unknown message type %s version %d", e.Type, e.Version)
}

// Decode reads the data of a message type. The error is an *UnknownTypeError or names the
// type and what is wrong with the data.
func Decode(name string, version int, data []byte) (Payload, error) {
	read, known := readers[name]
	if !known || version != 1 {
		return nil, &UnknownTypeError{name, version}
	}
	return read(data)
}

var readers = map[string]func([]byte) (Payload, error){
	"OrderPlaced": read[OrderPlaced], "CancellationRequested": read[CancellationRequested],
	"OrderCompleted": read[OrderCompleted], "OrderCancelled": read[OrderCancelled],
	"ReserveStock": read[ReserveStock], "CommitStock": read[CommitStock], "ReleaseStock": read[ReleaseStock],
	"StockReserved": read[StockReserved], "StockRejected": read[StockRejected],
	"StockCommitted": read[StockCommitted], "StockReleased": read[StockReleased],
	"AuthorisePayment": read[AuthorisePayment], "CapturePayment": read[CapturePayment], "VoidPayment": read[VoidPayment],
	"PaymentStarted": read[PaymentStarted], "PaymentAuthorised": read[PaymentAuthorised],
	"PaymentDeclined": read[PaymentDeclined], "PaymentCaptured": read[PaymentCaptured],
	"VoidRequested": read[VoidRequested], "PaymentVoided": read[PaymentVoided],
	"GoodsReceived": read[GoodsReceived], "CustomerNotified": read[CustomerNotified], "CheckoutOverdue": read[CheckoutOverdue],
}

func read[P Payload](data []byte) (Payload, error) {
	var payload P
	if err := json.Unmarshal(data, &payload); err != nil {
		return nil, fmt.Errorf("data of %s: %w", payload.Type(), err)
	}
	if string(data) == "null" { // leaves payload as it was
		return nil, fmt.Errorf("data of %s: null", payload.Type())
	}
	return payload, nil
}
