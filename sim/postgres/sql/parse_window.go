package sql

// namedWindows reads the definitions behind WINDOW.
func (p *parser) namedWindows() []NamedWindow {
	var list []NamedWindow
	for ok := true; ok; ok = p.accept(',') {
		w := NamedWindow{At: p.here(), Name: p.colID()}
		p.expectKw(kwAs)
		w.Window = p.window()
		list = append(list, w)
	}
	return list
}

// over reads the window behind OVER: a name or a definition.
func (p *parser) over() *Window {
	if p.is('(') {
		return p.window()
	}
	at := p.here()
	return &Window{At: at, Name: p.colID()}
}

// window reads ([base] [PARTITION BY ...] [ORDER BY ...] [frame]).
func (p *parser) window() *Window {
	w := &Window{At: p.here()}
	if !p.enter() {
		return w
	}
	defer p.leave()
	p.expect('(')
	if isColID(&p.tok) && !p.startsWindowClause() {
		w.Base = p.colID()
	}
	if p.acceptKw(kwPartition) {
		p.expectKw(kwBy)
		w.PartitionBy = p.exprList()
	}
	if p.isKw(kwOrder) {
		w.OrderBy = p.orderBy()
	}
	if mode := p.frameMode(); mode != 0 {
		w.Frame = p.frame(mode)
	}
	p.expect(')')
	return w
}

// startsWindowClause: these words begin a clause here, although they may be names elsewhere.
func (p *parser) startsWindowClause() bool {
	return p.isKw(kwPartition) || p.isKw(kwRange) || p.isKw(kwRows) || p.isKw(kwGroups)
}

func (p *parser) frameMode() FrameMode {
	switch p.tok.kw {
	case kwRange:
		return FrameRange
	case kwRows:
		return FrameRows
	case kwGroups:
		return FrameGroups
	}
	return 0
}

func (p *parser) frame(mode FrameMode) *Frame {
	f := &Frame{At: p.here(), Mode: mode}
	p.advance()
	if p.acceptKw(kwBetween) {
		f.Start = p.frameBound()
		p.expectKw(kwAnd)
		f.End = p.frameBound()
		p.checkBounds(f)
	} else {
		f.Start = p.frameBound()
		f.End = FrameBound{At: f.Start.At, Kind: CurrentRow}
		p.checkStart(f)
	}
	if p.acceptKw(kwExclude) {
		f.Exclude = p.frameExclusion()
	}
	return f
}

func (p *parser) frameBound() FrameBound {
	b := FrameBound{At: p.here()}
	switch {
	case p.acceptKws(kwUnbounded, kwPreceding):
		b.Kind = UnboundedPreceding
		return b
	case p.acceptKws(kwUnbounded, kwFollowing):
		b.Kind = UnboundedFollowing
		return b
	case p.acceptKws(kwCurrent, kwRow):
		b.Kind = CurrentRow
		return b
	}
	b.Amount = p.expr()
	b.Kind = OffsetPreceding
	if !p.acceptKw(kwPreceding) {
		p.expectKw(kwFollowing)
		b.Kind = OffsetFollowing
	}
	return b
}

// checkStart checks a frame of which only the start was written.
func (p *parser) checkStart(f *Frame) {
	switch f.Start.Kind {
	case UnboundedFollowing:
		p.fail(CodeWindowing, "frame start cannot be UNBOUNDED FOLLOWING", f.Start.At)
	case OffsetFollowing:
		p.fail(CodeWindowing, "frame starting from following row cannot end with current row", f.Start.At)
	}
}

// checkBounds checks the order of a frame's bounds.
func (p *parser) checkBounds(f *Frame) {
	start, end := f.Start.Kind, f.End.Kind
	switch {
	case start == UnboundedFollowing:
		p.fail(CodeWindowing, "frame start cannot be UNBOUNDED FOLLOWING", f.Start.At)
	case end == UnboundedPreceding:
		p.fail(CodeWindowing, "frame end cannot be UNBOUNDED PRECEDING", f.End.At)
	case start == CurrentRow && end == OffsetPreceding:
		p.fail(CodeWindowing, "frame starting from current row cannot have preceding rows", f.End.At)
	case start == OffsetFollowing && (end == OffsetPreceding || end == CurrentRow):
		p.fail(CodeWindowing, "frame starting from following row cannot have preceding rows", f.End.At)
	}
}

func (p *parser) frameExclusion() FrameExclusion {
	switch {
	case p.acceptKw(kwCurrent):
		p.expectKw(kwRow)
		return ExcludeCurrentRow
	case p.acceptKw(kwGroup):
		return ExcludeGroup
	case p.acceptKw(kwTies):
		return ExcludeTies
	}
	p.expectKw(kwNo)
	p.expectKw(kwOthers)
	return ExcludeNoOthers
}
