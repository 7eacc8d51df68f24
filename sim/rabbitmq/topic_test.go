package rabbitmq_test

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/sim/rabbitmq"
)

func TestTopicMatches(t *testing.T) {
	for _, c := range []struct {
		pattern, key string
		matches      bool
	}{
		{"order.*", "order.placed", true},
		{"order.*", "order", false},
		{"order.*", "order.placed.late", false},
		{"order.#", "order", true},
		{"order.#", "order.placed.late", true},
		{"#", "", true},
		{"*", "", false},
		{"", "", true},
		{"", "order", false},
		{"*.placed", ".placed", true},
		{"#.late.#", "order.placed.late", true},
		{"#.*", "", false},
		{"a.#.b", "a.b", true},
		{"a.#.b", "a.b.c", false},
	} {
		if got := rabbitmq.TopicMatches(c.pattern, c.key); got != c.matches {
			t.Errorf("%q matches %q: %v", c.pattern, c.key, got)
		}
	}
}

// A pattern is a regular expression over words, each with a dot behind it.
func TestTopicMatchesAsExpression(t *testing.T) {
	word := rapid.SampledFrom([]string{"a", "b", "*", "#"})
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.SliceOfN(word, 1, 5).Draw(t, "pattern")
		key := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b"}), 1, 6).Draw(t, "key")
		expression := "^"
		for _, w := range pattern {
			expression += map[string]string{"a": `a\.`, "b": `b\.`, "*": `[ab]\.`, "#": `([ab]\.)*`}[w]
		}
		want := regexp.MustCompile(expression + "$").MatchString(strings.Join(key, ".") + ".")
		if got := rabbitmq.TopicMatches(strings.Join(pattern, "."), strings.Join(key, ".")); got != want {
			t.Fatalf("%v matches %v: %v", pattern, key, got)
		}
	})
}

// A key's bucket changes only when the new bucket takes it, and buckets fill evenly.
func TestJump(t *testing.T) {
	counts := make([]int, 10)
	for i := range 10_000 {
		hash := chaos.HashString(uint64(i), "key")
		for n := 1; n < 10; n++ {
			before, after := rabbitmq.Jump(hash, n), rabbitmq.Jump(hash, n+1)
			if before != after && after != n {
				t.Fatalf("a bucket more moved a key from %d to %d", before, after)
			}
		}
		counts[rabbitmq.Jump(hash, 10)]++
	}
	for bucket, count := range counts {
		if count < 850 || count > 1150 {
			t.Errorf("bucket %d has %d of 10000", bucket, count)
		}
	}
}
