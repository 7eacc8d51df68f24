package scenarios

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	"pgregory.net/rapid"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/scenarios/outside"
	"github.com/squallhq/squall/system/event"
)

// Workload is what the outside world means to do: it is part of a plan.
type Workload struct {
	Articles  []Article          `json:"articles"`
	Purchases []outside.Purchase `json:"purchases"`
}

// Article is what an operator puts on sale before the storm.
type Article struct {
	SKU      string      `json:"sku"`
	Quantity int64       `json:"quantity"`
	Price    event.Cents `json:"price_cents"`
}

const (
	orderCount  = 10
	arriveMax   = 12 * time.Second
	cancelMax   = 6 * time.Second
	repeatMax   = 2 * time.Second
	linesMax    = 3
	quantityMax = 3
)

// ReadWorkload reads the workload of a plan. The error says what is wrong with it.
func ReadWorkload(plan *chaos.Plan) (w Workload, err error) {
	decoder := json.NewDecoder(bytes.NewReader(plan.Workload))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&w); err != nil {
		return w, fmt.Errorf("plan: workload: %w", err)
	}
	return w, nil
}

// Check says what is wrong with a workload that could be read.
func (w Workload) Check() error {
	if len(w.Purchases) == 0 {
		return errors.New("plan: workload: nobody purchases anything, so there is nothing to judge")
	}
	if len(w.Articles) == 0 {
		return errors.New("plan: workload: there is no article on sale")
	}
	skus := make(map[string]bool)
	for _, a := range w.Articles {
		if err := a.check(skus); err != nil {
			return fmt.Errorf("plan: workload: article %q: %w", a.SKU, err)
		}
		skus[a.SKU] = true
	}
	keys := make(map[string]bool)
	for _, p := range w.Purchases {
		key := p.Customer + "/" + p.Key
		if keys[key] {
			return fmt.Errorf("plan: workload: purchase %q: it is there twice; a customer's keys name one purchase each", key)
		}
		if err := checkPurchase(p, skus); err != nil {
			return fmt.Errorf("plan: workload: purchase %q: %w", key, err)
		}
		keys[key] = true
	}
	return nil
}

// What the services take (their HTTP interfaces say the same), and how long a run may last.
const (
	nameMax     = 56 // characters of a name, with room for the prefix of a receipt's key
	goodsMax    = 1_000_000_000
	priceMax    = 100_000_000
	unitsMax    = 10_000
	lineCount   = 100
	waitMax     = 7 * 24 * time.Hour
	repeatCount = 10
)

var nameForm = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)

func checkName(what, name string) error {
	if len(name) > nameMax || !nameForm.MatchString(name) {
		return fmt.Errorf("%s %q is not of 1 to %d letters, digits, dots, hyphens and underscores", what, name, nameMax)
	}
	return nil
}

func checkRange(what string, n, least, most int64) error {
	if n < least || n > most {
		return fmt.Errorf("%s is %d, not from %d to %d", what, n, least, most)
	}
	return nil
}

// check says what is wrong with an article beside those known before.
func (a Article) check(known map[string]bool) error {
	if known[a.SKU] {
		return errors.New("it is there twice")
	}
	return errors.Join(
		checkName("sku", a.SKU), checkRange("quantity", a.Quantity, 1, goodsMax), checkRange("price_cents", int64(a.Price), 1, priceMax))
}

func checkPurchase(p outside.Purchase, skus map[string]bool) error {
	if err := errors.Join(
		checkName("customer", p.Customer), checkName("key", p.Key), checkRange("number of lines", int64(len(p.Lines)), 1, lineCount),
		checkRange("repeats", int64(p.Repeats), 0, repeatCount),
		checkWait("after", p.After), checkWait("cancel_after", p.CancelAfter), checkWait("repeat_after", p.RepeatAfter),
	); err != nil {
		return err
	}
	ordered := make(map[string]bool)
	for _, line := range p.Lines {
		switch {
		case !skus[line.SKU]:
			return fmt.Errorf("there is no article %q", line.SKU)
		case ordered[line.SKU]:
			return fmt.Errorf("article %q stands in two lines", line.SKU)
		}
		if err := checkRange("quantity of "+line.SKU, line.Quantity, 1, unitsMax); err != nil {
			return err
		}
		ordered[line.SKU] = true
	}
	return nil
}

// checkWait says whether a wait, in nanoseconds as the plan has it, is one.
func checkWait(what string, d time.Duration) error {
	return checkRange(what, int64(d), 0, int64(waitMax))
}

// Last is when the last customer comes.
func (w Workload) Last() time.Duration {
	var last time.Duration
	for _, p := range w.Purchases {
		last = max(last, p.After)
	}
	return last
}

// checkoutWorkload draws ten orders of several customers over scarce articles, with baskets
// of several lines; some are declined, some refused, some are cancelled by the customer.
func checkoutWorkload() *rapid.Generator[Workload] {
	return rapid.Custom(func(t *rapid.T) Workload {
		var w Workload
		for i := range rapid.IntRange(3, 6).Draw(t, "articles") {
			w.Articles = append(w.Articles, Article{
				SKU:      fmt.Sprintf("sku-%c", 'a'+i),
				Quantity: rapid.Int64Range(2, 14).Draw(t, "quantity"),
				Price:    event.Cents(rapid.Int64Range(100, 20_000).Draw(t, "price")),
			})
		}
		for i := range orderCount {
			w.Purchases = append(w.Purchases, purchase(t, w.Articles, i+1, arriveMax))
		}
		drawRepeats(t, w.Purchases)
		return w
	})
}

// LoadWorkload draws a number of orders that arrive evenly over a time, for runs on real
// servers: as checkout's, over stock that is enough for most of them.
func LoadWorkload(orders int, over time.Duration) *rapid.Generator[Workload] {
	return rapid.Custom(func(t *rapid.T) Workload {
		var w Workload
		for i := range loadArticles {
			w.Articles = append(w.Articles, Article{
				SKU:      fmt.Sprintf("sku-%c", 'a'+i),
				Quantity: rapid.Int64Range(1, 6).Draw(t, "quantity") * int64(orders) / loadArticles,
				Price:    event.Cents(rapid.Int64Range(100, 20_000).Draw(t, "price")),
			})
		}
		for i := range orders {
			p := purchase(t, w.Articles, i+1, 0)
			p.After = over * time.Duration(i) / time.Duration(orders)
			w.Purchases = append(w.Purchases, p)
		}
		drawRepeats(t, w.Purchases)
		return w
	})
}

const loadArticles = 12

var customers = []string{"ann", "bob", "cid", "eve", "ann", "bob", outside.DeclinedPrefix + "-dan", outside.RefusedPrefix + "-fay"}

func purchase(t *rapid.T, articles []Article, number int, arrive time.Duration) outside.Purchase {
	p := outside.Purchase{
		Key:      fmt.Sprintf("order-%d", number),
		Customer: rapid.SampledFrom(customers).Draw(t, "customer"),
		After:    milliseconds(t, "after", arrive),
		Lines:    lines(t, articles),
	}
	if p.Cancels = rapid.IntRange(1, 4).Draw(t, "cancels") == 4; p.Cancels {
		p.CancelAfter = milliseconds(t, "cancel after", cancelMax)
	}
	return p
}

// drawRepeats lets some customers ask again although they have had their answer.
func drawRepeats(t *rapid.T, purchases []outside.Purchase) {
	for i := range purchases {
		p := &purchases[i]
		if p.Repeats = max(0, rapid.IntRange(0, 5).Draw(t, "repeats")-3); p.Repeats > 0 {
			p.RepeatAfter = milliseconds(t, "repeat after", repeatMax)
		}
	}
}

func lines(t *rapid.T, articles []Article) []event.Line {
	order := rapid.Permutation(articles).Draw(t, "basket")
	count := rapid.IntRange(1, min(linesMax, len(articles))).Draw(t, "lines")
	basket := make([]event.Line, count)
	for i, article := range order[:count] {
		basket[i] = event.Line{SKU: article.SKU, Quantity: rapid.Int64Range(1, quantityMax).Draw(t, "units")}
	}
	return basket
}

func milliseconds(t *rapid.T, label string, limit time.Duration) time.Duration {
	return time.Duration(rapid.Int64Range(0, limit.Milliseconds()).Draw(t, label)) * time.Millisecond
}
