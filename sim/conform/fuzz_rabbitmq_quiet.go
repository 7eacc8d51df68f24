package conform

import (
	"context"
	"slices"
	"strings"
)

// In lockstep the simulated broker has told what a step brings: the events, and what each
// queue holds afterwards. That makes a barrier which is both quicker and stricter than
// rounds that look alike: the real broker is quiet when, after one round, it has brought
// just that, and it diverges when it has not within the patience.
//
// What comes later than it should is under the next step, where nobody expects it. What
// comes unseen is not: where a full queue takes dead letters, one message goes as another
// comes, and counts say nothing. There the rounds decide (RabbitCase.veiled). And where a message
// comes and dies of age, a quorum queue holds as much before it came as after it died: there
// the queues are asked once more when the confirm has come (RabbitCase.mortal).

// causesNothing says whether a command, with its reply, can bring nothing but the reply.
func causesNothing(command, reply []string) bool {
	switch command[0] {
	case "open", "exchange", "queue", "bind", "unbind", "bind-exchange", "unbind-exchange", "prefetch":
		return true
	case "get":
		return slices.Equal(reply, []string{"empty"})
	}
	return false
}

// isLook says whether the command has only looked at a queue: it was declared passively, or
// basic.get found nothing in it.
func isLook(command, reply []string) bool {
	return command[0] == "queue" && slices.Contains(command, "passive") || command[0] == "get" && slices.Equal(reply, []string{"empty"})
}

// agreed returns the reply of a command, of one that only looks when it is what the transcript
// says, or patience ends: a quorum queue of a real broker may not have written yet what the
// steps before have caused, and then neither it nor the queue of its dead letters shows it.
func (p *rabbitPlay) agreed(ctx context.Context, channel *rabbitChannel, step *rabbitStep, reply []string) ([]string, error) {
	for give := p.client.Clock.Elapsed() + p.patience; isLook(step.command, reply) && !channel.ended; {
		if len(step.want) == 0 || slices.Equal(reply, step.want[:min(len(reply), len(step.want))]) || p.client.Clock.Elapsed() > give {
			break
		}
		if err := p.client.Clock.Sleep(ctx, rabbitPause); err != nil {
			return nil, err
		}
		var err error
		if reply, err = p.command(ctx, channel, step.command); err != nil {
			return nil, err
		}
	}
	return reply, nil
}

// cuts says whether the case breaks a connection.
func (c *RabbitCase) cuts() bool {
	return slices.ContainsFunc(c.steps, func(s rabbitStep) bool { return s.command[0] == "cut" })
}

// mortal says whether messages may die of age as soon as they have come to a queue.
func (c *RabbitCase) mortal() bool {
	return slices.ContainsFunc(c.steps, func(s rabbitStep) bool { return slices.Contains(s.command, "x-message-ttl=0") })
}

// mortal says whether a step publishes what will have died of age when it is over.
func (s *rabbitStep) mortal() bool {
	return slices.Contains(s.command, "expiration=0") || slices.Contains(s.command, "expiration=20")
}

// veiled says whether queues with a limit take dead letters: from the default exchange by
// their name, or from another that they are bound to.
func (c *RabbitCase) veiled() bool {
	var names, exchanges, bounded, bindings []string
	for _, step := range c.steps {
		switch step.command[0] {
		case "bind":
			bindings = append(bindings, step.command[1]+" "+step.command[2])
		case "queue":
			for _, word := range step.command[2:] {
				key, value, _ := strings.Cut(word, "=")
				switch {
				case key == "x-dead-letter-routing-key":
					names = append(names, value)
				case key == "x-dead-letter-exchange":
					exchanges = append(exchanges, value)
				case strings.HasPrefix(key, "x-max-length"):
					bounded = append(bounded, step.command[1])
				}
			}
		}
	}
	return slices.ContainsFunc(bounded, func(queue string) bool {
		return slices.Contains(names, queue) || slices.ContainsFunc(exchanges, func(exchange string) bool {
			return slices.Contains(bindings, queue+" "+exchange)
		})
	})
}
