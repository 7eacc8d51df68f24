package conform

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/squallhq/squall/system/port"
)

// rabbitWords is a command being read: its words, its options and its arguments.
type rabbitWords struct {
	words   []string
	options []string
	args    port.Table
}

// readRabbitWords sorts the words of a command. Options are the known words.
func readRabbitWords(words []string, options ...string) rabbitWords {
	read := rabbitWords{}
	for _, word := range words {
		key, value, isArg := strings.Cut(word, "=")
		switch {
		case isArg && key != "":
			if read.args == nil {
				read.args = port.Table{}
			}
			read.args[key] = rabbitValue(value)
		case slices.Contains(options, word):
			read.options = append(read.options, word)
		case word == `""`:
			read.words = append(read.words, "")
		default:
			read.words = append(read.words, word)
		}
	}
	return read
}

func (w rabbitWords) has(option string) bool { return slices.Contains(w.options, option) }

// take removes an argument and returns it as text.
func (w rabbitWords) take(name string) string {
	value, found := w.args[name]
	if !found {
		return ""
	}
	delete(w.args, name)
	return fmt.Sprint(value)
}

func (w rabbitWords) need(count int) error {
	if len(w.words) != count {
		return fmt.Errorf("want %d words, have %q", count, w.words)
	}
	return nil
}

func rabbitValue(text string) any {
	if number, err := strconv.ParseInt(text, 10, 64); err == nil {
		return number
	}
	switch text {
	case "true":
		return true
	case "false":
		return false
	}
	return strings.Trim(text, "'")
}

// rabbitNames puts the prefix before names and takes it away again.
type rabbitNames struct {
	prefix    string
	generated map[string]string // ~label to the broker's name
	chosen    map[string]bool   // consumer tags that the case chose
}

// entity returns the broker's name of an exchange or queue.
func (n rabbitNames) entity(name string) string {
	if strings.HasPrefix(name, "~") {
		return n.generated[name]
	}
	if name == "" || strings.HasPrefix(name, "amq.") {
		return name
	}
	return n.prefix + name
}

// key returns the routing key; the default exchange's keys are names of queues.
func (n rabbitNames) key(exchange, key string) string {
	if exchange == "" {
		return n.entity(key)
	}
	return key
}

// table puts the prefix before the names that stand in arguments.
func (n rabbitNames) table(args port.Table) port.Table {
	for _, name := range []string{"x-dead-letter-exchange", "alternate-exchange"} {
		if exchange, isText := args[name].(string); isText {
			args[name] = n.entity(exchange)
		}
	}
	if key, isText := args["x-dead-letter-routing-key"].(string); isText && args["x-dead-letter-exchange"] == "" {
		args["x-dead-letter-routing-key"] = n.entity(key)
	}
	return args
}

// shown is the inverse of entity and key.
func (n rabbitNames) shown(name string) string {
	for label, generated := range n.generated {
		if name == generated {
			return label
		}
	}
	if n.prefix == "" {
		return name
	}
	return strings.TrimPrefix(name, n.prefix)
}

// method reads a synchronous method. It is nil for other commands.
func (n rabbitNames) method(command []string) (port.Method, error) {
	verb := command[0]
	w := readRabbitWords(command[1:], "durable", "exclusive", "auto-delete", "internal", "passive",
		"auto-ack", "if-unused", "if-empty")
	switch verb {
	case "exchange":
		return port.DeclareExchange{
			Name: n.entity(w.words[0]), Kind: strings.Join(w.words[1:], " "), Durable: w.has("durable"),
			AutoDelete: w.has("auto-delete"), Internal: w.has("internal"), Passive: w.has("passive"), Args: n.table(w.args),
		}, nil
	case "queue":
		return port.DeclareQueue{
			Name: n.entity(w.words[0]), Durable: w.has("durable"), Exclusive: w.has("exclusive"),
			AutoDelete: w.has("auto-delete"), Passive: w.has("passive"), Args: n.table(w.args),
		}, w.need(1)
	case "bind", "unbind", "bind-exchange", "unbind-exchange":
		return n.binding(verb, w)
	case "purge":
		return port.PurgeQueue{Name: n.entity(w.words[0])}, w.need(1)
	case "delete-queue":
		return port.DeleteQueue{Name: n.entity(w.words[0]), IfUnused: w.has("if-unused"), IfEmpty: w.has("if-empty")}, w.need(1)
	case "delete-exchange":
		return port.DeleteExchange{Name: n.entity(w.words[0]), IfUnused: w.has("if-unused")}, w.need(1)
	case "prefetch":
		count, err := strconv.Atoi(w.words[0])
		return port.Prefetch{Count: count}, err
	case "consume":
		return n.consume(w)
	case "cancel":
		return port.CancelConsumer{Consumer: w.words[0]}, w.need(1)
	case "get":
		return port.Get{Queue: n.entity(w.words[0]), AutoAck: w.has("auto-ack")}, w.need(1)
	}
	return nil, nil
}

func (n rabbitNames) binding(verb string, w rabbitWords) (port.Method, error) {
	if err := w.need(3); err != nil {
		return nil, err
	}
	to, from, key := n.entity(w.words[0]), n.entity(w.words[1]), w.words[2]
	switch verb {
	case "bind":
		return port.BindQueue{Queue: to, Exchange: from, Key: key, Args: w.args}, nil
	case "unbind":
		return port.UnbindQueue{Queue: to, Exchange: from, Key: key, Args: w.args}, nil
	case "bind-exchange":
		return port.BindExchange{Destination: to, Source: from, Key: key, Args: w.args}, nil
	default:
		return port.UnbindExchange{Destination: to, Source: from, Key: key, Args: w.args}, nil
	}
}

func (n rabbitNames) consume(w rabbitWords) (port.Method, error) {
	method := port.Consume{
		Queue: n.entity(w.words[0]), AutoAck: w.has("auto-ack"), Exclusive: w.has("exclusive"), Args: w.args,
	}
	if len(w.words) == 3 && w.words[1] == "as" {
		method.Consumer = w.words[2]
		n.chosen[method.Consumer] = true
		return method, nil
	}
	return method, w.need(1)
}

// publishings reads the messages of a publish command.
func (n rabbitNames) publishings(words []string) ([]port.Publishing, error) {
	w := readRabbitWords(words, "mandatory", "persistent")
	if len(w.words) < 3 {
		return nil, fmt.Errorf("want an exchange, a key and bodies, have %q", w.words)
	}
	message := port.Publishing{
		Exchange: n.entity(w.words[0]), Key: n.key(w.words[0], w.words[1]), Mandatory: w.has("mandatory"),
		Properties: port.Properties{
			Persistent: w.has("persistent"), Expiration: w.take("expiration"), MessageID: w.take("id"),
		},
	}
	if text := w.take("priority"); text != "" {
		priority, err := strconv.ParseUint(text, 10, 8)
		if err != nil {
			return nil, err
		}
		message.Priority = uint8(priority)
	}
	padding, err := strconv.Atoi(cmp.Or(w.take("size"), "0"))
	if err != nil {
		return nil, err
	}
	for name, value := range w.args {
		if message.Headers == nil {
			message.Headers = port.Table{}
		}
		message.Headers[strings.TrimPrefix(name, "header.")] = value
	}
	var messages []port.Publishing
	for _, body := range w.words[2:] {
		message.Body = append([]byte(body), bytes.Repeat([]byte("."), max(padding-len(body), 0))...)
		messages = append(messages, message)
	}
	return messages, nil
}

func rabbitSettlement(command []string) (port.Settlement, bool, error) {
	verdicts := map[string]port.SettleVerdict{
		"ack": port.Ack, "requeue": port.Requeue, "reject": port.Reject, "reject-requeue": port.RejectRequeue,
	}
	verdict, found := verdicts[command[0]]
	if !found {
		return port.Settlement{}, false, nil
	}
	w := readRabbitWords(command[1:], "multiple")
	if err := w.need(1); err != nil {
		return port.Settlement{}, true, err
	}
	tag, err := strconv.ParseUint(w.words[0], 10, 64)
	return port.Settlement{Tag: tag, Multiple: w.has("multiple"), Verdict: verdict}, true, err
}

func rabbitDuration(command []string) (time.Duration, error) {
	if len(command) != 2 {
		return 0, fmt.Errorf("want a duration")
	}
	return time.ParseDuration(command[1])
}

// rabbitPublishPause takes pause=DURATION out of the words of a publish.
func rabbitPublishPause(words []string) (time.Duration, []string, error) {
	i := slices.IndexFunc(words, func(word string) bool { return strings.HasPrefix(word, "pause=") })
	if i < 0 {
		return 0, words, nil
	}
	pause, err := time.ParseDuration(strings.TrimPrefix(words[i], "pause="))
	return pause, slices.Delete(slices.Clone(words), i, i+1), err
}
