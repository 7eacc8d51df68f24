package conform

import (
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// drawing draws the small choices of a topology.
type drawing struct{ t *rapid.T }

func (d drawing) one(name string, of ...string) string { return of[d.between(name, 0, len(of)-1)] }

// chance is true once in so many times.
func (d drawing) chance(name string, once int) bool { return d.between(name, 1, once) == once }

// between draws a number with all of them equally likely: rapid's own generators of numbers
// prefer small ones.
func (d drawing) between(name string, low, high int) int {
	bits := 0
	for _, bit := range d.bits().Draw(d.t, name) {
		bits *= 2
		if bit {
			bits++
		}
	}
	return low + bits*(high-low+1)>>drawingBits
}

// drawingBits is enough for the weights of the moves.
const drawingBits = 10

func (d drawing) bits() *rapid.Generator[[]bool] {
	return rapid.SliceOfN(rapid.Bool(), drawingBits, drawingBits)
}

// topology draws the declarations of a script: queues q1 to q3, where q1 and q2 may have
// dead-letter queues d1 and d2; the exchange x1 of any kind, the fanouts x2 and x3, of which
// x3 may be x1's alternate, and the internal x4; dx1 and dx2 on the way to d1 and d2.
func (d drawing) topology() []string {
	lines := []string{"exchange x2 fanout", "exchange x3 fanout", "exchange x4 fanout internal"}
	x1 := "exchange x1 " + d.one("kind", "direct", "topic", "fanout", "headers")
	if d.chance("alternate", 3) {
		x1 += " alternate-exchange=x3"
	}
	if d.chance("auto-delete exchange", 8) {
		x1 += " auto-delete"
	}
	lines = append(lines, x1, d.deadQueue(1), d.deadQueue(2))
	for i := range d.between("queues", 1, 3) {
		lines = append(lines, d.queue(i+1)...)
	}
	return lines
}

// deadQueue draws a dead-letter queue. One that sends what is rejected back takes all that
// comes: see RabbitPlan.
func (d drawing) deadQueue(number int) string {
	line := fmt.Sprintf("queue d%d durable", number)
	if d.chance("dead quorum", 3) {
		line += " x-queue-type=quorum"
	}
	switch {
	case d.chance("dead back", 5):
		line += fmt.Sprintf(" x-dead-letter-exchange= x-dead-letter-routing-key=q%d", number)
	case d.chance("dead bounded", 8):
		line += " x-max-length=2"
	}
	return line
}

func (d drawing) queue(number int) []string {
	words, quorum := []string{fmt.Sprintf("queue q%d", number)}, d.chance("quorum", 2)
	switch {
	case quorum:
		words = append(words, "durable x-queue-type=quorum")
		if d.chance("limited", 3) {
			words = append(words, fmt.Sprintf("x-delivery-limit=%d", d.between("limit", 0, 2)))
		}
	case d.chance("exclusive", 8):
		words = append(words, "exclusive")
	case d.chance("auto-delete", 8):
		words = append(words, "auto-delete")
	case d.chance("transient", 6):
	default:
		words = append(words, "durable")
	}
	words = append(words, d.bounds()...)
	if d.chance("single active", 6) {
		words = append(words, "x-single-active-consumer=true")
	}
	if d.chance("ttl", 6) {
		words = append(words, "x-message-ttl="+d.one("ttl", "3600000", "0"))
	}
	if d.chance("expires", 12) {
		words = append(words, "x-expires=3600000")
	}
	if number == 3 || !d.chance("dead-lettering", 2) {
		return []string{strings.Join(words, " ")}
	}
	dead, lines := d.deadLettering(number)
	return append(lines, strings.Join(append(words, dead...), " "))
}

func (d drawing) bounds() []string {
	var words []string
	if !d.chance("bounded", 3) {
		return nil
	}
	if d.chance("bytes", 4) {
		words = append(words, fmt.Sprintf("x-max-length-bytes=%d", d.between("bytes", 2, 9)))
	} else {
		words = append(words, fmt.Sprintf("x-max-length=%d", d.between("length", 0, 3)))
	}
	if overflow := d.one("overflow", "", "reject-publish", "reject-publish", "reject-publish-dlx"); overflow != "" {
		words = append(words, "x-overflow="+overflow)
	}
	return words
}

// deadLettering draws the way to the queue's dead-letter queue, and what that needs.
func (d drawing) deadLettering(number int) (words, lines []string) {
	if d.chance("through the default exchange", 2) {
		return []string{"x-dead-letter-exchange=", fmt.Sprintf("x-dead-letter-routing-key=d%d", number)}, nil
	}
	if d.chance("missing exchange", 8) {
		return []string{"x-dead-letter-exchange=nowhere"}, nil
	}
	words = []string{fmt.Sprintf("x-dead-letter-exchange=dx%d", number)}
	key, kind := "#", d.one("dead kind", "fanout", "topic", "direct")
	if kind == "direct" || d.chance("dead key", 2) {
		words = append(words, "x-dead-letter-routing-key=k")
	}
	if kind == "direct" {
		key = "k"
	}
	return words, []string{fmt.Sprintf("exchange dx%d %s", number, kind), fmt.Sprintf("bind d%d dx%d %s", number, number, key)}
}

// declared returns the declaration of a queue in the topology, without its name.
func (plan RabbitPlan) declared(queue string) string {
	for _, line := range plan.Topology {
		if rest, found := strings.CutPrefix(line+" ", "queue "+queue+" "); found {
			return rest
		}
	}
	return ""
}

// queues returns the names of the declared queues that begin with a prefix.
func (plan RabbitPlan) queues(prefix string) []string {
	var names []string
	for _, line := range plan.Topology {
		if words := strings.Fields(line); words[0] == "queue" && strings.HasPrefix(words[1], prefix) {
			names = append(names, words[1])
		}
	}
	return names
}

// singly says that messages are published one by one: to a quorum queue with reject-publish,
// which tells publishers only later that it is full, and where what is dropped for want
// of room may also expire first.
func (plan RabbitPlan) singly() bool {
	return slices.ContainsFunc(plan.Topology, func(line string) bool {
		return strings.Contains(line, "quorum") && strings.Contains(line, "x-overflow=reject-publish") ||
			strings.Contains(line, "x-message-ttl=0")
	})
}
