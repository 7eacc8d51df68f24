package conform

import (
	"errors"
	"fmt"
	"sort"
	"strings"

	"github.com/squallhq/squall/system/port"
)

// reply writes the answer to a method.
func (n rabbitNames) reply(method port.Method, reply port.Reply) []string {
	switch method := method.(type) {
	case port.DeclareQueue:
		if method.Passive {
			return []string{fmt.Sprintf("ok %d messages %d consumers", reply.Messages, reply.Consumers)}
		}
	case port.PurgeQueue, port.DeleteQueue:
		return []string{fmt.Sprintf("ok %d messages", reply.Messages)}
	case port.Get:
		if reply.Delivery == nil {
			return []string{"empty"}
		}
		lines := n.delivery(*reply.Delivery)
		lines[0] += fmt.Sprintf(" %d left", reply.Messages)
		return lines
	}
	return []string{"ok"}
}

// events writes what a channel brought. The order between what consumers and what
// publishers get on one channel is not promised, so that deliveries and cancels come
// first, then returns and confirms, each in their order, with confirms that follow each
// other sorted and joined. Closed is last.
func (n rabbitNames) events(events []port.Event) []string {
	var consumed, published, closed []port.Event
	for _, event := range events {
		switch event.(type) {
		case port.Confirmed, port.Returned:
			published = append(published, event)
		case port.Closed:
			closed = append(closed, event)
		default:
			consumed = append(consumed, event)
		}
	}
	var lines []string
	for _, event := range consumed {
		lines = append(lines, n.event(event)...)
	}
	lines = append(lines, n.publishedLines(published)...)
	for _, event := range closed {
		lines = append(lines, n.event(event)...)
	}
	return lines
}

// publishedLines writes returns, and confirms that follow each other sorted and joined.
func (n rabbitNames) publishedLines(events []port.Event) []string {
	var lines []string
	var confirms []port.Confirmed
	for _, event := range events {
		if confirmed, is := event.(port.Confirmed); is {
			confirms = append(confirms, confirmed)
			continue
		}
		lines = append(append(lines, confirmLines(confirms)...), n.event(event)...)
		confirms = nil
	}
	return append(lines, confirmLines(confirms)...)
}

func confirmLines(confirms []port.Confirmed) []string {
	sort.Slice(confirms, func(i, j int) bool { return confirms[i].Tag < confirms[j].Tag })
	var lines []string
	for i := 0; i < len(confirms); i++ {
		first := confirms[i]
		for i+1 < len(confirms) && confirms[i+1].Tag == confirms[i].Tag+1 && confirms[i+1].Outcome == first.Outcome {
			i++
		}
		tags := fmt.Sprint(first.Tag)
		if confirms[i].Tag > first.Tag {
			tags += fmt.Sprintf("-%d", confirms[i].Tag)
		}
		lines = append(lines, "confirmed "+tags+" "+first.Outcome.String())
	}
	return lines
}

func (n rabbitNames) event(event port.Event) []string {
	switch event := event.(type) {
	case port.Delivery:
		return n.delivery(event)
	case port.Returned:
		return []string{fmt.Sprintf("returned %d %s via %s %s", event.Code, event.Body,
			orQuotes(n.shown(event.Exchange)), orQuotes(n.shown(event.Key)))}
	case port.ConsumerCancelled:
		return []string{"cancelled " + n.consumer(event.Consumer)}
	case port.Blocked:
		return []string{"blocked"}
	case port.Unblocked:
		return []string{"unblocked"}
	case port.Closed:
		return []string{closedLine(event.Err)}
	default:
		return []string{fmt.Sprintf("event %T", event)}
	}
}

func (n rabbitNames) delivery(d port.Delivery) []string {
	line := fmt.Sprintf("delivery %d %s", d.Tag, d.Body)
	if consumer := n.consumer(d.Consumer); consumer != "" {
		line += " to " + consumer
	}
	if d.Redelivered {
		line += " redelivered"
	}
	if d.Exchange != "" {
		line += " via " + n.shown(d.Exchange) + " " + orQuotes(n.shown(d.Key))
	}
	if d.MessageID != "" {
		line += " id=" + d.MessageID
	}
	if d.Expiration != "" {
		line += " expiration=" + d.Expiration
	}
	if d.Priority != 0 {
		line += fmt.Sprintf(" priority=%d", d.Priority)
	}
	if d.Persistent {
		line += " persistent"
	}
	return append([]string{line}, n.headers(d.Headers)...)
}

// consumer is the consumer's tag if the case chose it.
func (n rabbitNames) consumer(tag string) string {
	if !n.chosen[tag] {
		return ""
	}
	return tag
}

func (n rabbitNames) headers(headers port.Table) []string {
	names := make([]string, 0, len(headers))
	for name, value := range headers {
		if !isVersionNoise(name, value) {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	var lines []string
	for _, name := range names {
		if name == "x-death" {
			lines = append(lines, n.deaths(headers[name])...)
			continue
		}
		lines = append(lines, fmt.Sprintf("  %s %s", name, orQuotes(n.shown(fmt.Sprint(headers[name])))))
	}
	return lines
}

// isVersionNoise is true for headers that say nothing and differ between versions: a
// delivery count of zero, which 3.10 writes for basic.get only, and x-last-death-*, which
// repeats the first entry of x-death.
func isVersionNoise(name string, value any) bool {
	return name == "x-delivery-count" && value == int64(0) || strings.HasPrefix(name, "x-last-death-")
}

func (n rabbitNames) deaths(value any) []string {
	entries, isList := value.([]any)
	if !isList {
		return []string{fmt.Sprintf("  x-death of type %T", value)}
	}
	var lines []string
	for _, entry := range entries {
		death, isTable := entry.(port.Table)
		if !isTable {
			return []string{fmt.Sprintf("  x-death with an entry of type %T", entry)}
		}
		lines = append(lines, n.death(death))
	}
	return lines
}

func (n rabbitNames) death(death port.Table) string {
	line := fmt.Sprintf("  x-death %v count=%v queue=%s exchange=%s keys=", death["reason"], death["count"],
		n.shown(fmt.Sprint(death["queue"])), n.shown(fmt.Sprint(death["exchange"])))
	keys, _ := death["routing-keys"].([]any)
	shown := make([]string, len(keys))
	for i, key := range keys {
		shown[i] = n.shown(fmt.Sprint(key))
	}
	line += strings.Join(shown, ",")
	if expiration, found := death["original-expiration"]; found {
		line += fmt.Sprintf(" original-expiration=%v", expiration)
	}
	return line
}

func closedLine(err *port.CloseError) string {
	if err == nil {
		return "closed"
	}
	line := fmt.Sprintf("closed %d", err.Code)
	if err.Connection {
		line += " connection"
	}
	return line
}

// refusal writes the error of a call.
func refusal(err error) string {
	if errors.Is(err, port.ErrClosed) {
		return "error closed"
	}
	return "error " + err.Error()
}

func orQuotes(name string) string {
	if strings.TrimSpace(name) == "" {
		return `""`
	}
	return name
}
