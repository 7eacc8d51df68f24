package port

import "context"

// Op names what a task is doing in terms of the business: the message it handles,
// the command it obeys. Service and attempt are known to whoever runs the task.
type Op struct {
	Name string // the command or event type, CapturePayment; for loops, what they do, relay
	Key  string // the business key, ann/order-7: derived from the client's Idempotency-Key
}

// String returns Name{Key}, or Name alone.
func (o Op) String() string {
	if o.Key == "" {
		return o.Name
	}
	return o.Name + "{" + o.Key + "}"
}

type opKey struct{}

// WithOp returns a context for work on op.
func WithOp(ctx context.Context, op Op) context.Context {
	return context.WithValue(ctx, opKey{}, &op)
}

// OpOf returns the op that ctx works on, or the zero Op.
func OpOf(ctx context.Context) Op {
	if op, ok := ctx.Value(opKey{}).(*Op); ok {
		return *op
	}
	return Op{}
}
