package rules

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
)

const allowPrefix = "//simsafe:allow"

// allow is one //simsafe:allow comment.
type allow struct {
	pos     token.Pos
	reason  string
	file    *token.File
	lines   [2]int // excused, the same twice if it stands behind code
	forFile bool
	used    bool
}

func (a *allow) excuses(file *token.File, line int) bool {
	return a.reason != "" && a.file == file && (a.forFile || slices.Contains(a.lines[:], line))
}

// report reports the findings that no allow excuses, and the idle allows.
func (c *checker) report() {
	allows := c.allows()
	for _, f := range c.findings {
		if !c.excused(f, allows) {
			c.Report(analysis.Diagnostic{Pos: f.pos, Category: f.rule.String(), Message: "simsafe " + f.rule.String() + ": " + f.message})
		}
	}
	for _, a := range allows {
		switch {
		case a.reason == "":
			c.Reportf(a.pos, "simsafe allow: no reason given; write %s and why this cannot change a replay", allowPrefix)
		case !a.used:
			c.Reportf(a.pos, "simsafe allow: nothing to excuse here; delete the comment")
		}
	}
}

func (c *checker) excused(f finding, allows []*allow) bool {
	file := c.Fset.File(f.pos)
	for _, a := range allows {
		if a.excuses(file, file.Line(f.pos)) {
			a.used = true
			return true
		}
	}
	return false
}

func (c *checker) allows() []*allow {
	var all []*allow
	for _, f := range c.files {
		for _, group := range f.Comments {
			for _, comment := range group.List {
				if text, ok := strings.CutPrefix(comment.Text, allowPrefix); ok && (text == "" || text[0] == ' ' || text[0] == '\t') {
					all = append(all, c.newAllow(f, group, comment, text))
				}
			}
		}
	}
	return all
}

func (c *checker) newAllow(f *sourceFile, group *ast.CommentGroup, comment *ast.Comment, text string) *allow {
	file := c.Fset.File(comment.Pos())
	line := file.Line(comment.Pos())
	next := file.Line(group.End()) + 1
	if c.behindCode(f, file, comment.Pos()) {
		next = line
	}
	reason, _, _ := strings.Cut(text, "//")
	return &allow{
		pos: comment.Pos(), reason: strings.TrimSpace(reason), file: file, lines: [2]int{line, next},
		forFile: f.isTest && comment.Pos() < f.Package,
	}
}

// behindCode says whether code stands on the comment's line, before it.
func (c *checker) behindCode(f *sourceFile, file *token.File, comment token.Pos) bool {
	start := file.LineStart(file.Line(comment))
	found := false
	ast.Inspect(f.File, func(n ast.Node) bool {
		switch n.(type) {
		case nil, *ast.Comment, *ast.CommentGroup:
			return false
		}
		inLine := func(p token.Pos) bool { return start <= p && p < comment }
		found = found || inLine(n.Pos()) || inLine(n.End()-1)
		return !found && n.Pos() < comment && n.End() > start
	})
	return found
}
