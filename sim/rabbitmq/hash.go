package rabbitmq

import (
	"strconv"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/system/port"
)

// consistentHash is the exchange type of the plugin rabbitmq_consistent_hash_exchange.
const consistentHash = "x-consistent-hash"

// checkWeight checks the binding key of a consistent-hash exchange: a count of buckets.
func checkWeight(key string) *exception {
	if n, err := strconv.Atoi(key); err != nil || n < 1 {
		return raise(406, "The binding key must be greater than 0")
	}
	return nil
}

// checkHashed checks what a consistent-hash exchange is to hash.
func checkHashed(m port.DeclareExchange) *exception {
	property := m.Args["hash-property"]
	switch {
	case m.Kind != consistentHash || property == nil:
		return nil
	case m.Args["hash-header"] != nil:
		return raise(406, "hash-header and hash-property are mutually exclusive")
	case property != "correlation_id" && property != "message_id" && property != "timestamp":
		return raise(406, "Unsupported property: %v", property)
	}
	return nil
}

// routeByHash picks one binding. Which key goes to which bucket differs from the real
// plugin's; that all messages of a key go to one queue, in proportion to the weights, and
// that changing the bindings moves keys, does not.
func (x *exchange) routeByHash(dests []*binding, m *message, key string) []*binding {
	buckets := 0
	for _, b := range x.bindings {
		buckets += b.weight
	}
	if buckets == 0 {
		return dests
	}
	bucket := jump(chaos.HashString(0, x.hashed(m, key)), buckets)
	for _, b := range x.bindings {
		if bucket < b.weight {
			return append(dests, b)
		}
		bucket -= b.weight
	}
	return dests
}

// hashed is the text whose hash decides: the routing key, a header or the message id.
func (x *exchange) hashed(m *message, key string) string {
	if name, ok := x.args["hash-header"].(string); ok {
		return erlang(m.props.Headers[name])
	}
	if name, ok := x.args["hash-property"].(string); ok {
		switch name {
		case "message_id":
			return m.props.MessageID
		case "correlation_id":
			return m.props.CorrelationID
		case "timestamp":
			return strconv.FormatInt(m.props.Timestamp.Unix(), 10)
		}
	}
	return key
}

// jump maps a hash to one of n buckets so that adding a bucket moves one key in n: the
// highest bucket at which the key's own sequence of draws jumped (after Lamping and
// Veach, "A Fast, Minimal Memory, Consistent Hash Algorithm", in integers).
func jump(hash uint64, n int) int {
	bucket := 0
	for i := 1; i < n; i++ {
		if chaos.Below(chaos.Mix(hash, uint64(i)), uint64(i)+1) == 0 {
			bucket = i
		}
	}
	return bucket
}

// byProperty says that the exchange hashes something else than the routing key.
func byProperty(args port.Table) bool {
	return args["hash-header"] != nil || args["hash-property"] != nil
}

func weightOf(key string) int {
	n, _ := strconv.Atoi(key)
	return n
}
