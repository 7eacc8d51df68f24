package outside

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/invariants"
	"github.com/squallhq/squall/sim"
	"github.com/squallhq/squall/system/event"
	"github.com/squallhq/squall/system/port"
)

// Answer is an HTTP answer as a client sees it.
type Answer struct {
	Status int
	Body   []byte
}

// Door is where a client's request goes in: some replica of a service, over some network.
type Door interface {
	// Do sends a request and returns its answer. On an error the outcome is unknown.
	Do(ctx context.Context, request *http.Request) (Answer, error)
}

// Replica is one replica's HTTP server on a node. Handler is nil while it does not listen.
type Replica struct {
	Node    *sim.Node
	Handler http.Handler
}

// SimDoor leads to one of several replicas, drawn for each request.
type SimDoor struct{ Replicas []*Replica }

var purposeReplica = chaos.PurposeOf("which replica")

// Do calls a replica through the simulated network.
func (d *SimDoor) Do(ctx context.Context, request *http.Request) (Answer, error) {
	world := d.Replicas[0].Node.World()
	key := chaos.HashIdentity("client", request.URL.Path, port.OpOf(ctx).String(), "")
	draw := world.Draw(purposeReplica, chaos.Mix(key, uint64(world.Now())))
	replica := d.Replicas[chaos.Below(draw, uint64(len(d.Replicas)))]
	answer, err := sim.Call(ctx, replica.Node, request.Method+" "+request.Pattern, func(ctx context.Context) Answer {
		return replica.serve(request.WithContext(ctx))
	})
	if err == nil && answer.Status == 0 {
		err = &sim.DialError{Server: replica.Node.Name, Cause: "connection refused"}
	}
	if err != nil {
		return Answer{}, err
	}
	t := world.Trace()
	t.Begin(world.Now(), "answer")
	t.Int(int64(answer.Status))
	t.Bytes(answer.Body)
	return answer, nil
}

func (r *Replica) serve(request *http.Request) Answer {
	if r.Handler == nil {
		return Answer{}
	}
	recorder := &recorder{header: make(http.Header), status: http.StatusOK}
	r.Handler.ServeHTTP(recorder, request)
	return Answer{recorder.status, recorder.body.Bytes()}
}

// recorder is an http.ResponseWriter that keeps the answer.
type recorder struct {
	header http.Header
	status int
	wrote  bool
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if !r.wrote {
		r.status, r.wrote = status, true
	}
}

func (r *recorder) Write(p []byte) (int, error) {
	r.wrote = true
	return r.body.Write(p)
}

// Client is a customer who repeats each request under its key until there is an answer, and
// the order sometimes after it as well: an impatient click, a proxy that sends again.
type Client struct {
	Name    string
	Runtime port.Runtime
	Orders  Door
	// Done is told of every attempt.
	Done func(invariants.Request)
}

const (
	requestTimeout = 5 * time.Second
	attemptsMax    = 40
)

// Purchase is what a client means to do.
type Purchase struct {
	Key         string        `json:"key"`
	Customer    string        `json:"customer"`
	After       time.Duration `json:"after"`        // of the start
	Lines       []event.Line  `json:"lines"`        // without prices
	Cancels     bool          `json:"cancels"`      // changes its mind
	CancelAfter time.Duration `json:"cancel_after"` // of the first answer
	// Repeats is how often the order is asked for again under its key when all else has been
	// answered, RepeatAfter the time before each.
	Repeats     int           `json:"repeats,omitempty"`
	RepeatAfter time.Duration `json:"repeat_after,omitempty"`
}

// Buy places an order, perhaps cancels it, and perhaps asks for it again. It returns when all
// is answered or the client has given up.
func (c *Client) Buy(ctx context.Context, p Purchase) {
	if c.Runtime.Sleep(ctx, p.After) != nil {
		return
	}
	key := p.Customer + "/" + p.Key
	placing := port.WithOp(ctx, port.Op{Name: "PlaceOrder", Key: key})
	placed, attempts, ok := c.insist(placing, p, invariants.Place, "", 0)
	if !ok {
		return
	}
	if p.Cancels {
		if c.Runtime.Sleep(ctx, p.CancelAfter) != nil {
			return
		}
		c.insist(port.WithOp(ctx, port.Op{Name: "CancelOrder", Key: key}), p, invariants.Cancel, placed, 0)
	}
	for range p.Repeats {
		if c.Runtime.Sleep(ctx, p.RepeatAfter) != nil {
			return
		}
		_, attempts, _ = c.insist(placing, p, invariants.Place, "", attempts)
	}
}

// insist repeats a request, after so many attempts before, until it is answered with anything
// but 5xx. It returns the order's id and the number of the last attempt.
func (c *Client) insist(ctx context.Context, p Purchase, action invariants.Action, orderID string, before int) (string, int, bool) {
	attempt := before
	for n := 1; n <= attemptsMax; n++ {
		attempt++
		request := c.request(ctx, p, action, orderID)
		record := invariants.Request{Client: p.Customer, Key: p.Key, Attempt: attempt, Action: action, OrderID: orderID}
		if answer, err := c.attempt(ctx, request); err == nil {
			record.Answered, record.Status, record.Body = true, answer.Status, string(answer.Body)
			if action == invariants.Place {
				record.OrderID = idIn(answer.Body)
			}
		}
		c.Done(record)
		if record.Answered && record.Status < 500 {
			return record.OrderID, attempt, record.Accepted()
		}
		if c.Runtime.Sleep(ctx, time.Duration(min(n, 10))*300*time.Millisecond) != nil {
			break
		}
	}
	return "", attempt, false
}

func (c *Client) attempt(ctx context.Context, request *http.Request) (Answer, error) {
	ctx, cancel := c.Runtime.WithTimeout(ctx, requestTimeout)
	defer cancel()
	return c.Orders.Do(ctx, request)
}

type basket struct {
	Customer string       `json:"customer"`
	Email    string       `json:"email"`
	Lines    []basketLine `json:"lines"`
}

type basketLine struct {
	SKU      string `json:"sku"`
	Quantity int64  `json:"quantity"`
}

func (c *Client) request(ctx context.Context, p Purchase, action invariants.Action, orderID string) *http.Request {
	if action == invariants.Cancel {
		if len(p.Key)%2 == 0 {
			orderID = strings.ToUpper(orderID) // another spelling of the same (RFC 9562, 4)
		}
		request := NewRequest(ctx, http.MethodPost, "/orders/"+orderID+"/cancel", "", nil)
		request.Pattern = "/orders/{order_id}/cancel"
		return request
	}
	b := basket{Customer: p.Customer, Email: p.Customer + "@example.com"}
	for _, line := range p.Lines {
		b.Lines = append(b.Lines, basketLine{line.SKU, line.Quantity})
	}
	return NewRequest(ctx, http.MethodPost, "/orders", p.Key, b)
}

// NewRequest returns a request with a JSON body and an Idempotency-Key, each if not empty.
// Its host is to be filled in by whoever needs one.
func NewRequest(ctx context.Context, method, path, key string, body any) *http.Request {
	text := []byte{}
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			panic("outside: a request body that is no JSON: " + err.Error())
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, "http://squall"+path, bytes.NewReader(text))
	if err != nil {
		panic("outside: a request that is none: " + err.Error())
	}
	request.Pattern = path
	request.Header.Set("Content-Type", "application/json")
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	return request
}

func idIn(body []byte) string {
	var answer struct {
		OrderID string `json:"order_id"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return ""
	}
	return answer.OrderID
}
