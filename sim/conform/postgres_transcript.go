package conform

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"
)

// transcript is a parsed file of cases. Written back it is the same text, up to blank
// lines.
type transcript struct {
	name    string
	comment []string // before the first case
	cases   []*scriptCase
}

type scriptCase struct {
	name, rule, source string
	refused            string // by the simulated server; empty if it is not
	steps              []*step
}

// step is one thing that the script does, with the outcome that it expects.
type step struct {
	where   string // file:line
	comment []string
	raw     []string // as written, without the outcome
	kind    stepKind
	session string
	sql     string
	args    []any
	begin   *pgx.TxOptions // of BEGIN
	want    []string
}

type stepKind int

const (
	stepQuery stepKind = iota
	stepExec
	stepSetup
	stepResumes
	stepStillBlocks
)

var (
	statementLine = regexp.MustCompile(`^(\w+)(!?)> (.*)$`)
	waiterLine    = regexp.MustCompile(`^(\w+) (resumes|still blocks)$`)
	argumentLine  = regexp.MustCompile(`^\s*-- \$(\d+) = (.*)$`)
	headerLine    = regexp.MustCompile(`^(rule|source|refused): (.+)$`)
)

// parseTranscript reads the form that the package documentation describes.
func parseTranscript(name, text string) (*transcript, error) {
	p := &transcriptParser{file: &transcript{name: name}}
	for number, line := range strings.Split(text, "\n") {
		if err := p.line(strings.TrimRight(line, " \t\r"), number+1); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, number+1, err)
		}
	}
	if err := p.endCase(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return p.file, nil
}

type transcriptParser struct {
	file    *transcript
	current *scriptCase
	step    *step // nil after a blank line
	comment []string
}

func (p *transcriptParser) line(line string, number int) error {
	switch {
	case line == "":
		return p.endStep()
	case strings.HasPrefix(line, "#"):
		p.comment = append(p.comment, line)
		return nil
	case strings.HasPrefix(line, "== "):
		return p.newCase(strings.TrimPrefix(line, "== "))
	case p.current == nil:
		return fmt.Errorf("text before the first case")
	case p.step == nil:
		return p.open(line, number)
	case line[0] == ' ' || line[0] == '\t':
		return p.continueStep(line)
	default:
		p.step.want = append(p.step.want, line)
		return nil
	}
}

func (p *transcriptParser) newCase(name string) error {
	if err := p.endCase(); err != nil {
		return err
	}
	if p.current == nil {
		p.file.comment = p.comment
		p.comment = nil
	}
	p.current = &scriptCase{name: name}
	p.file.cases = append(p.file.cases, p.current)
	return nil
}

// open begins a step, or reads a header line of the case.
func (p *transcriptParser) open(line string, number int) error {
	if match := headerLine.FindStringSubmatch(line); match != nil && len(p.current.steps) == 0 {
		switch match[1] {
		case "rule":
			p.current.rule = match[2]
		case "source":
			p.current.source = match[2]
		default:
			p.current.refused = match[2]
		}
		return nil
	}
	s := &step{where: fmt.Sprintf("%s:%d", p.file.name, number), raw: []string{line}, comment: p.comment}
	if match := statementLine.FindStringSubmatch(line); match != nil {
		s.session, s.sql = match[1], match[3]
		s.kind = statementKind(match[1], match[2])
	} else if match := waiterLine.FindStringSubmatch(line); match != nil {
		s.session, s.kind = match[1], stepResumes
		if match[2] == "still blocks" {
			s.kind = stepStillBlocks
		}
	} else {
		return fmt.Errorf("not a step: %s", line)
	}
	p.comment = nil
	p.step = s
	p.current.steps = append(p.current.steps, s)
	return nil
}

func statementKind(session, mark string) stepKind {
	switch {
	case session == "setup":
		return stepSetup
	case mark == "!":
		return stepExec
	default:
		return stepQuery
	}
}

// continueStep adds a line of SQL or an argument.
func (p *transcriptParser) continueStep(line string) error {
	s := p.step
	s.raw = append(s.raw, line)
	match := argumentLine.FindStringSubmatch(line)
	if match == nil {
		s.sql += "\n" + line
		return nil
	}
	if match[1] != fmt.Sprint(len(s.args)+1) {
		return fmt.Errorf("argument $%s stands in the place of $%d", match[1], len(s.args)+1)
	}
	value, err := parseArgument(match[2])
	s.args = append(s.args, value)
	return err
}

func (p *transcriptParser) endStep() error {
	s := p.step
	p.step = nil
	if s == nil {
		return nil
	}
	begin, err := parseBegin(s.sql)
	s.begin = begin
	return err
}

func (p *transcriptParser) endCase() error {
	if err := p.endStep(); err != nil || p.current == nil {
		return err
	}
	if p.current.rule == "" || p.current.source == "" {
		return fmt.Errorf("case %q has no rule or no source", p.current.name)
	}
	return nil
}

// parseBegin returns the options of a BEGIN, or nil for another statement.
func parseBegin(sql string) (*pgx.TxOptions, error) {
	words := strings.ToLower(sql)
	rest, isBegin := strings.CutPrefix(words, "begin")
	if !isBegin {
		return nil, nil
	}
	options := &pgx.TxOptions{}
	for rest = strings.TrimSpace(rest); rest != ""; rest = strings.TrimSpace(rest) {
		var known bool
		if rest, known = beginOption(options, rest); !known {
			return nil, fmt.Errorf("unknown option of BEGIN: %s", rest)
		}
	}
	return options, nil
}

func beginOption(options *pgx.TxOptions, text string) (rest string, known bool) {
	for _, level := range []pgx.TxIsoLevel{pgx.Serializable, pgx.RepeatableRead, pgx.ReadCommitted, pgx.ReadUncommitted} {
		if rest, known = strings.CutPrefix(text, "isolation level "+string(level)); known {
			options.IsoLevel = level
			return rest, true
		}
	}
	for _, mode := range []pgx.TxAccessMode{pgx.ReadOnly, pgx.ReadWrite} {
		if rest, known = strings.CutPrefix(text, string(mode)); known {
			options.AccessMode = mode
			return rest, true
		}
	}
	if rest, known = strings.CutPrefix(text, string(pgx.Deferrable)); known {
		options.DeferrableMode = pgx.Deferrable
	}
	return rest, known
}

// String writes the transcript with the outcomes it now holds.
func (f *transcript) String() string {
	var text strings.Builder
	write := func(lines ...string) {
		for _, line := range lines {
			text.WriteString(line + "\n")
		}
	}
	write(f.comment...)
	for i, c := range f.cases {
		if i > 0 || len(f.comment) > 0 {
			write("")
		}
		write("== "+c.name, "rule: "+c.rule, "source: "+c.source)
		if c.refused != "" {
			write("refused: " + c.refused)
		}
		for _, s := range c.steps {
			write("")
			write(s.comment...)
			write(s.raw...)
			write(s.want...)
		}
	}
	return text.String()
}
