package conform

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

//go:embed testdata/rabbitmq
var rabbitTranscripts embed.FS

// A transcript of RabbitMQ cases is a list of cases as text:
//
//	== a mandatory message that no queue takes comes back before its confirm
//	rule: The broker sends basic.return and then basic.ack.
//	source: RabbitMQ documentation, Publisher Confirms, "When Will Published Messages Be Confirmed"
//	versions: 3.10 3.13 4.0 4.3
//
//	c1> exchange t topic
//	ok
//
//	c1> publish t nowhere m1 mandatory
//	returned 312 m1 via t nowhere
//	confirmed 1 done
//
// Without versions a case holds for all. A line with # at its start is a comment;
// indented lines continue the rule or the source. c1, c2 ... are channels, each on a
// connection of its own unless opened with open. The commands:
//
//	exchange NAME KIND [durable auto-delete internal passive] [ARG=VALUE ...]
//	queue NAME [durable exclusive auto-delete passive] [ARG=VALUE ...]
//	bind QUEUE EXCHANGE KEY          unbind QUEUE EXCHANGE KEY
//	bind-exchange TO FROM KEY        unbind-exchange TO FROM KEY
//	purge QUEUE
//	delete-queue QUEUE [if-unused if-empty]
//	delete-exchange NAME [if-unused]
//	prefetch COUNT
//	consume QUEUE [as TAG] [auto-ack exclusive] [ARG=VALUE ...]
//	cancel TAG
//	get QUEUE [auto-ack]
//	publish EXCHANGE KEY BODY ... [mandatory persistent] [expiration=MS priority=N id=ID size=BYTES header.NAME=VALUE]
//	                                 with pause=DURATION, and let that pass before looking
//	republish EXCHANGE KEY           the message last delivered here, with its headers
//	ack|requeue|reject|reject-requeue TAG [multiple]
//	open [cN]                        a new channel, on cN's connection
//	close                            the channel
//	close-connection                 its connection
//	cut                              break the network under its connection
//	alarm on|off                     the broker is short of memory, or no longer
//	restart                          the broker is killed and started again
//	ack-timeout DURATION             how long channels opened from now on wait for an acknowledgement
//	sleep DURATION
//
// "" is the empty name; a name that begins with ~ is made up by the broker at its first
// declaration. Values are integers, true, false or strings; 'single quotes' force a
// string. Names in x-dead-letter-exchange and alternate-exchange are names of exchanges.
//
// Below a command stands all that it brings, nothing more: first its reply, then the
// events of its channel, then those of other channels with their name in front:
//
//	ok [NAME] [N messages] [N consumers]
//	empty                            get found nothing
//	delivery TAG BODY [to CONSUMER] [redelivered] [via EXCHANGE KEY] [PROPERTY=VALUE ...] [N left]
//	  HEADER VALUE                   each header of the message, sorted; x-death an entry each
//	returned CODE BODY via EXCHANGE KEY
//	confirmed TAG[-TAG] done|not done|unknown
//	cancelled CONSUMER
//	blocked, unblocked               the broker stops reading from the connection, or goes on
//	closed CODE [connection]         closed alone is a close in order
//	error closed                     the channel has ended, the call was refused locally
//
// Deliveries and cancels stand before returns and confirms, for their order on one channel
// is not promised; confirms that follow each other are sorted and joined for the same reason.
type rabbitStep struct {
	line    int
	channel string
	command []string
	text    string
	want    []string
	holds   string // what the queues hold when the broker is quiet, if that is known; see causesNothing
}

// RabbitCases returns the suite, by file and by place in it.
func RabbitCases() ([]*RabbitCase, error) {
	names, err := fs.Glob(rabbitTranscripts, "testdata/rabbitmq/*.txt")
	if err != nil {
		return nil, fmt.Errorf("list RabbitMQ cases: %w", err)
	}
	var cases []*RabbitCase
	for _, name := range names {
		text, err := rabbitTranscripts.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read RabbitMQ cases: %w", err)
		}
		more, err := ParseRabbitCases(path.Base(name), string(text))
		if err != nil {
			return nil, err
		}
		cases = append(cases, more...)
	}
	return cases, nil
}

// ParseRabbitCases reads one transcript. The error names file and line.
func ParseRabbitCases(file, text string) ([]*RabbitCase, error) {
	parser := rabbitParser{file: file}
	for number, line := range strings.Split(text, "\n") {
		if err := parser.take(number+1, strings.TrimRight(line, " \t")); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, number+1, err)
		}
	}
	for _, c := range parser.cases {
		if c.Rule == "" || c.Source == "" || len(c.steps) == 0 {
			return nil, fmt.Errorf("%s: case %q needs a rule, a source and steps", file, c.Name)
		}
	}
	return parser.cases, nil
}

type rabbitParser struct {
	file  string
	cases []*RabbitCase
	field *string // what an indented line of the head continues
}

func (p *rabbitParser) take(number int, line string) error {
	if name, found := strings.CutPrefix(line, "== "); found {
		p.begin(name)
		return nil
	}
	if line == "" || strings.HasPrefix(line, "#") {
		return nil
	}
	if len(p.cases) == 0 {
		return fmt.Errorf("text before the first case: %q", line)
	}
	current := p.cases[len(p.cases)-1]
	if channel, command, found := strings.Cut(line, "> "); found && isRabbitChannel(channel) {
		current.steps = append(current.steps, rabbitStep{
			line: number, channel: channel, command: strings.Fields(command), text: line,
		})
		return nil
	}
	if len(current.steps) == 0 {
		return p.head(current, line)
	}
	step := &current.steps[len(current.steps)-1]
	step.want = append(step.want, line)
	return nil
}

func (p *rabbitParser) begin(name string) {
	p.field = nil
	p.cases = append(p.cases, &RabbitCase{
		Topic: strings.TrimSuffix(p.file, ".txt"), Name: name,
		Versions: RabbitProfiles(), file: p.file,
	})
}

func (p *rabbitParser) head(c *RabbitCase, line string) error {
	key, value, _ := strings.Cut(line, ": ")
	switch {
	case line[0] == ' ' && p.field != nil:
		*p.field += " " + strings.TrimSpace(line)
	case key == "rule":
		c.Rule, p.field = value, &c.Rule
	case key == "source":
		c.Source, p.field = value, &c.Source
	case key == "refused":
		c.Refused = value
	case key == "versions":
		c.Versions = strings.Fields(value)
		for _, version := range c.Versions {
			if !slices.Contains(RabbitProfiles(), version) {
				return fmt.Errorf("unknown version %q", version)
			}
		}
	default:
		return fmt.Errorf("want rule, source, refused, versions or a step: %q", line)
	}
	return nil
}

func isRabbitChannel(label string) bool {
	digits, found := strings.CutPrefix(label, "c")
	return found && digits != "" && strings.Trim(digits, "0123456789") == ""
}
