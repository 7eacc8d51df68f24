package rabbitmq

import "strings"

// words splits a routing key. The empty key has no words; "a." has two.
func words(key string) []string {
	if key == "" {
		return nil
	}
	return strings.Split(key, ".")
}

// topicMatches says whether a topic exchange's binding key matches a routing key: *
// stands for exactly one word, # for none or more (RabbitMQ documentation, Tutorial 5).
func topicMatches(pattern, key []string) bool {
	for len(pattern) > 0 {
		if pattern[0] == "#" {
			return hashMatches(pattern[1:], key)
		}
		if len(key) == 0 || pattern[0] != "*" && pattern[0] != key[0] {
			return false
		}
		pattern, key = pattern[1:], key[1:]
	}
	return len(key) == 0
}

func hashMatches(rest, key []string) bool {
	if len(rest) == 0 {
		return true
	}
	for skip := range len(key) + 1 {
		if topicMatches(rest, key[skip:]) {
			return true
		}
	}
	return false
}
