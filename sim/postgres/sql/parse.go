package sql

import "strings"

// MaxDepth bounds the height of a tree, and with it the recursion of everyone who walks it. The
// server's bound is max_stack_depth, in bytes; its default lets through four to eight times as much.
const MaxDepth = 1000

// Parse reads the statements of text, separated by semicolons; empty ones are skipped. Node
// offsets count from the start of text. The error is *Error or *Unsupported.
func Parse(text string) ([]Statement, error) {
	p := parser{lex: lexer{text: text}}
	if err := p.start(); err != nil {
		return nil, err
	}
	var list []Statement
	for p.err == nil && p.tok.kind != tokEOF {
		if p.accept(';') {
			continue
		}
		list = append(list, p.statement())
		p.endStatement()
	}
	switch {
	case p.err != nil:
		return nil, p.err
	case p.late != nil:
		return nil, p.late
	}
	return list, nil
}

// ParseOne reads text as the extended protocol does: at most one statement, else 42601. Text
// without one gives *Empty.
func ParseOne(text string) (Statement, error) {
	list, err := Parse(text)
	switch {
	case err != nil:
		return nil, err
	case len(list) == 0:
		return &Empty{}, nil
	case len(list) > 1:
		return nil, &Error{
			Code:    CodeSyntaxError,
			Message: "cannot insert multiple commands into a prepared statement",
		}
	}
	return list[0], nil
}

// StatementName is X for text that begins with the comment "-- name: X" (sqlc's form, perhaps with
// a :one or :many behind it), else empty. It does not allocate.
func StatementName(text string) string {
	text = strings.TrimLeft(text, " \t\r\n")
	rest, ok := strings.CutPrefix(text, "--")
	if !ok {
		return ""
	}
	rest, ok = strings.CutPrefix(strings.TrimLeft(rest, " \t"), "name:")
	if !ok {
		return ""
	}
	rest = strings.TrimLeft(rest, " \t")
	for i := range len(rest) {
		if isSpace(rest[i]) {
			return rest[:i]
		}
	}
	return rest
}

// parser reads tokens one ahead, sometimes three. Its methods return early after the first error,
// which stays in err: the current token is then tokFailed, so that nothing matches and every loop
// ends. What they return in that case is not used.
type parser struct {
	lex   lexer
	tok   token
	ahead [2]token
	saved int // tokens in ahead
	err   error
	late  *Error // an error that the server finds behind parsing: it gives way to any in err

	depth   int // open nestings
	deepest int // height reached by the expression at hand, counted from the root

	labelDepth   int // the depth at which an output column's expression stands, see targetExpr
	similarDepth int // the depth of SUBSTRING's first argument, which SIMILAR without TO may end
}

// start checks the encoding and reads the first token.
func (p *parser) start() error {
	if bad := invalidUTF8(p.lex.text); bad != nil {
		return bad
	}
	p.advance()
	return p.err
}

// advance moves to the next token.
func (p *parser) advance() {
	if p.err != nil {
		return
	}
	if p.saved > 0 {
		p.tok = p.ahead[0]
		p.ahead[0] = p.ahead[1]
		p.saved--
	} else {
		p.tok = p.lex.next()
	}
	switch {
	case p.tok.kind == tokFailed:
		p.stop(p.lex.err)
	case p.tok.kw == kwNulls || p.tok.kw == kwNot:
		p.bindWord()
	}
}

// bindWord makes NULLS and NOT tokens of their own where the next word binds them, as the server's
// base_yylex does, so that they are no names or prefixes there.
func (p *parser) bindWord() {
	switch next := p.peek().kw; {
	case p.tok.kw == kwNulls && (next == kwFirst || next == kwLast):
		p.tok.kind, p.tok.kw = tokNulls, noKeyword
	case p.tok.kw == kwNot && isMatchWord(next):
		p.tok.kind, p.tok.kw = tokNotMatch, noKeyword
	}
}

func isMatchWord(kw keyword) bool {
	switch kw {
	case kwBetween, kwIn, kwLike, kwIlike, kwSimilar:
		return true
	}
	return false
}

// peek is the token behind the current one, peek2 the one behind that.
func (p *parser) peek() *token {
	p.fill(1)
	return &p.ahead[0]
}

func (p *parser) peek2() *token {
	p.fill(2)
	return &p.ahead[1]
}

func (p *parser) fill(n int) {
	for p.saved < n {
		p.ahead[p.saved] = p.lex.next()
		p.saved++
	}
}

// stop keeps the first error and lets nothing match any more.
func (p *parser) stop(err error) {
	if p.err == nil {
		p.err = err
		p.tok.kind, p.tok.kw = tokFailed, noKeyword
		p.ahead, p.saved = [2]token{{kind: tokFailed}, {kind: tokFailed}}, 2
	}
}

// syntaxError reports the current token as the first that does not fit.
func (p *parser) syntaxError() {
	p.syntaxErrorAt(p.tok)
}

func (p *parser) syntaxErrorAt(t token) {
	p.nearError("syntax error", t)
}

// nearError reports message with the token's text.
func (p *parser) nearError(message string, t token) {
	if p.err == nil {
		p.stop(near(p.lex.text, CodeSyntaxError, message, int(t.at), int(t.end)))
	}
}

// fail reports an error of another wording at a place.
func (p *parser) fail(code, message string, at At) {
	if p.err == nil {
		p.stop(&Error{Code: code, Message: message, Position: p.position(at)})
	}
}

// failLate reports an error that syntax errors further on take precedence over.
func (p *parser) failLate(code, message string, at At) {
	if p.late == nil && p.err == nil {
		p.late = &Error{Code: code, Message: message, Position: p.position(at)}
	}
}

// refuse reports a construct that is not simulated.
func (p *parser) refuse(construct string, at At) {
	if p.err == nil {
		p.stop(&Unsupported{Construct: construct, Position: p.position(at)})
	}
}

// nowhere is the place of an error that PostgreSQL reports without a position.
const nowhere At = -1

func (p *parser) position(at At) int {
	if at == nowhere {
		return 0
	}
	return CharPosition(p.lex.text, int(at))
}

// here is the place of the current token.
func (p *parser) here() At { return At(p.tok.at) }

// is, isKw: what the current token is.
func (p *parser) is(kind tokenKind) bool { return p.tok.kind == kind }
func (p *parser) isKw(kw keyword) bool   { return p.tok.kw == kw }

// accept and acceptKw take the token if it is the one.
func (p *parser) accept(kind tokenKind) bool {
	if p.tok.kind != kind {
		return false
	}
	p.advance()
	return true
}

func (p *parser) acceptKw(kw keyword) bool {
	if p.tok.kw != kw {
		return false
	}
	p.advance()
	return true
}

// acceptKws takes two keywords in a row, or nothing.
func (p *parser) acceptKws(first, second keyword) bool {
	if p.tok.kw != first || p.peek().kw != second {
		return false
	}
	p.advance()
	p.advance()
	return true
}

// expect and expectKw take the token or report a syntax error at it.
func (p *parser) expect(kind tokenKind) {
	if !p.accept(kind) {
		p.syntaxError()
	}
}

func (p *parser) expectKw(kw keyword) {
	if !p.acceptKw(kw) {
		p.syntaxError()
	}
}

func (p *parser) expectKws(kws ...keyword) {
	for _, kw := range kws {
		p.expectKw(kw)
	}
}

// endStatement wants a semicolon or the end.
func (p *parser) endStatement() {
	if !p.is(tokEOF) {
		p.expect(';')
	}
}

// enter opens a nesting; false when it is too deep. Every enter has its leave.
func (p *parser) enter() bool {
	p.depth++
	p.reach(p.depth)
	return p.err == nil
}

func (p *parser) leave() { p.depth-- }

// reach notes that the tree is so high; too high is an error.
func (p *parser) reach(height int) {
	if height > p.deepest {
		p.deepest = height
	}
	if height > MaxDepth && p.err == nil {
		p.stop(&Error{
			Code: CodeTooComplex, Message: "stack depth limit exceeded",
			Hint: "Increase the configuration parameter \"max_stack_depth\" (currently 2048kB), " +
				"after ensuring the platform's stack depth limit is adequate.",
		})
	}
}

// openChain starts to measure an expression whose left side may grow; closeChain ends that.
// Between them each grow says that all that was read since has moved one level down.
func (p *parser) openChain() (outer int) {
	outer, p.deepest = p.deepest, p.depth
	return outer
}

func (p *parser) grow() { p.reach(p.deepest + 1) }

func (p *parser) closeChain(outer int) { p.deepest = max(outer, p.deepest) }
