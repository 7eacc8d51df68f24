package containers

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/squallhq/squall/invariants"
	"github.com/squallhq/squall/reports"
	"github.com/squallhq/squall/scenarios"
	"github.com/squallhq/squall/scenarios/outside"
	"github.com/squallhq/squall/system/event"
	"github.com/squallhq/squall/system/port"
)

// load offers a workload in an open loop: each customer comes at its time, whether or not the
// services keep up with those before, and repeats a request under its key until it is answered.
type load struct {
	runtime port.Runtime
	doors   map[string]outside.Door
	begun   time.Time

	mutex    sync.Mutex
	attempts []reports.Attempt
	requests []invariants.Request
	placed   []string        // orders that were accepted, to be asked about
	answered map[string]bool // customers' keys that have had an answer other than 5xx
	came     int             // customers
	last     time.Duration   // when the last of them came
}

// The side shows: queries go to every service, operators set prices and receive goods.
const (
	queryEvery    = 250 * time.Millisecond // for each service
	operateEvery  = 2 * time.Second
	operatedGoods = 1 // units received each time
	sideTimeout   = 5 * time.Second
)

// offer runs the purchases, and beside them queries and operators until all customers are done.
func (l *load) offer(ctx context.Context, w scenarios.Workload) {
	var customers, side sync.WaitGroup
	aside, stop := context.WithCancel(ctx)
	defer stop()
	for _, service := range event.Services() {
		side.Go(func() { l.query(aside, service) })
	}
	side.Go(func() { l.operate(aside, w.Articles) })
	for _, p := range w.Purchases {
		client := &outside.Client{Runtime: l.runtime, Orders: &firstDoor{Door: l.door(event.Order), load: l}, Done: l.done}
		customers.Go(func() { client.Buy(ctx, p) })
	}
	customers.Wait()
	stop()
	side.Wait()
}

func (l *load) done(r invariants.Request) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.requests = append(l.requests, r)
	if r.Answered && r.Status < 500 && r.Action == invariants.Place {
		l.answered[r.Client+"/"+r.Key] = true
	}
	if r.Action == invariants.Place && r.Accepted() {
		l.placed = append(l.placed, r.OrderID)
	}
}

// door is a service's door, at which every request is written down.
func (l *load) door(service string) outside.Door { return recordingDoor{l, service} }

type recordingDoor struct {
	load    *load
	service string
}

// Do sends the request and writes down what came of it.
func (d recordingDoor) Do(ctx context.Context, request *http.Request) (outside.Answer, error) {
	start := time.Since(d.load.begun)
	answer, err := d.load.doors[d.service].Do(ctx, request)
	a := reports.Attempt{
		Service: d.service, Route: request.Method + " " + request.Pattern,
		Start: start, Took: time.Since(d.load.begun) - start,
	}
	if err == nil {
		a.Status = answer.Status
	}
	d.load.mutex.Lock()
	defer d.load.mutex.Unlock()
	d.load.attempts = append(d.load.attempts, a)
	return answer, err
}

// firstDoor notes when a customer came.
type firstDoor struct {
	outside.Door
	load *load
	once sync.Once
}

func (d *firstDoor) Do(ctx context.Context, request *http.Request) (outside.Answer, error) {
	d.once.Do(func() {
		d.load.mutex.Lock()
		defer d.load.mutex.Unlock()
		d.load.came++
		d.load.last = max(d.load.last, time.Since(d.load.begun))
	})
	return d.Door.Do(ctx, request)
}

// offered returns how many customers came a second.
func (l *load) offered() float64 {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return float64(l.came) / max(l.last, time.Second).Seconds()
}

// queries are the questions that each service answers about an order.
var queries = map[string]string{
	event.Order: "/orders/", event.Payment: "/payments/", event.Inventory: "/reservations/", event.Notification: "/notices/",
}

// query asks a service about the order accepted last, again and again. An order that the service
// has not heard of yet is answered 404, which is an answer.
func (l *load) query(ctx context.Context, service string) {
	l.every(ctx, queryEvery, func(ctx context.Context) {
		l.mutex.Lock()
		known := len(l.placed)
		var order string
		if known > 0 {
			order = l.placed[known-1]
		}
		l.mutex.Unlock()
		if order == "" {
			return
		}
		request := outside.NewRequest(ctx, http.MethodGet, queries[service]+order, "", nil)
		request.Pattern = queries[service] + "{order_id}"
		_, _ = l.door(service).Do(ctx, request) // the door has written it down
	})
}

// operate sets the prices as they are and receives goods, one article after the other.
func (l *load) operate(ctx context.Context, articles []scenarios.Article) {
	var turns atomic.Int64
	l.every(ctx, operateEvery, func(ctx context.Context) {
		n := int(turns.Add(1))
		article := articles[n%len(articles)]
		price := outside.NewRequest(ctx, http.MethodPut, "/prices/"+article.SKU, "", map[string]any{"price_cents": article.Price})
		price.Pattern = "/prices/{sku}"
		_, _ = l.door(event.Order).Do(ctx, price)
		goods := outside.NewRequest(ctx, http.MethodPost, "/stock/"+article.SKU+"/receipts",
			fmt.Sprintf("load-%s-%d", article.SKU, n), map[string]any{"quantity": operatedGoods})
		goods.Pattern = "/stock/{sku}/receipts"
		_, _ = l.door(event.Inventory).Do(ctx, goods)
	})
}

// every calls do at a fixed rate until ctx ends, with a time limit for each call. Calls that
// take longer than the interval overlap.
func (l *load) every(ctx context.Context, interval time.Duration, do func(context.Context)) {
	var calls sync.WaitGroup
	defer calls.Wait()
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		calls.Go(func() {
			limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), sideTimeout)
			defer cancel()
			do(limited)
		})
	}
}

// gaveUp returns the customers who never had an answer to their order.
func (l *load) gaveUp(w scenarios.Workload) []string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	var all []string
	for _, p := range w.Purchases {
		if key := p.Customer + "/" + p.Key; !l.answered[key] {
			all = append(all, key)
		}
	}
	return all
}

// seen returns what was written down so far.
func (l *load) seen() ([]invariants.Request, []reports.Attempt) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return slices.Clone(l.requests), slices.Clone(l.attempts)
}
