package rules

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"path/filepath"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/inspector"
)

// Analyzer reports what is not simsafe, as "rule: what is wrong; what to do".
var Analyzer = &analysis.Analyzer{
	Name:     "simsafe",
	Doc:      "report code that would not replay in the simulator, and words outside their rooms",
	URL:      "https://pkg.go.dev/github.com/squallhq/squall/sim/simsafe/rules",
	Requires: []*analysis.Analyzer{inspect.Analyzer},
	Run:      run,
}

func run(pass *analysis.Pass) (any, error) {
	c := newChecker(pass)
	root := pass.ResultOf[inspect.Analyzer].(*inspector.Inspector).Root()
	for cur := range root.Preorder() {
		c.node(cur)
	}
	c.packageState()
	c.report()
	return nil, nil
}

// checker judges one package.
type checker struct {
	*analysis.Pass
	files    []*sourceFile
	findings []finding
}

// sourceFile is a file with the rules in force in it.
type sourceFile struct {
	*ast.File
	rules  rule
	isTest bool
	store  bool
}

type finding struct {
	rule    rule
	pos     token.Pos
	message string
}

func newChecker(pass *analysis.Pass) *checker {
	c := &checker{Pass: pass}
	room, _ := roomOf(packagePath(pass), saysStrict(pass.Files))
	for _, f := range pass.Files {
		name := filepath.Base(pass.Fset.File(f.FileStart).Name())
		file := &sourceFile{File: f, rules: room.code, isTest: strings.HasSuffix(name, "_test.go")}
		file.store = strings.HasPrefix(name, "store")
		if file.isTest {
			file.rules = room.tests
		}
		c.files = append(c.files, file)
	}
	return c
}

// packagePath is the import path of the package, also for its external tests.
func packagePath(pass *analysis.Pass) string {
	if strings.HasSuffix(pass.Pkg.Name(), "_test") {
		return strings.TrimSuffix(pass.Pkg.Path(), "_test")
	}
	return pass.Pkg.Path()
}

func saysStrict(files []*ast.File) bool {
	for _, f := range files {
		if f.Doc == nil {
			continue
		}
		for _, comment := range f.Doc.List {
			if comment.Text == "//simsafe:strict" {
				return true
			}
		}
	}
	return false
}

func (c *checker) fileOf(pos token.Pos) *sourceFile {
	for _, f := range c.files {
		if f.FileStart <= pos && pos < f.FileEnd {
			return f
		}
	}
	return &sourceFile{}
}

// find records a finding if one of the rules is in force at pos.
func (c *checker) find(r rule, pos token.Pos, format string, args ...any) {
	if in := c.fileOf(pos).rules & r; in != 0 {
		c.findings = append(c.findings, finding{in, pos, fmt.Sprintf(format, args...)})
	}
}

// node hands one syntax node to the rules that care for its kind.
func (c *checker) node(cur inspector.Cursor) {
	switch n := cur.Node().(type) {
	case *ast.ImportSpec:
		c.importedWord(n)
	case *ast.Ident:
		c.name(cur, n)
	case *ast.BasicLit:
		c.sql(n)
	case *ast.CallExpr:
		c.mapIterator(cur, n)
		c.floatCall(n)
		c.pointerFormat(n)
	case *ast.RangeStmt:
		c.rangeOverChannel(n)
		c.rangeOverMap(cur, n)
	case *ast.GoStmt, *ast.SelectStmt, *ast.SendStmt, *ast.ChanType:
		c.concurrent(n)
	case *ast.UnaryExpr:
		c.receive(n)
	case *ast.BinaryExpr:
		c.floatOperation(n, n.OpPos, n.X, n.Y)
	case *ast.AssignStmt:
		c.floatAssign(n)
	case *ast.IncDecStmt:
		c.floatOperation(nil, n.TokPos, n.X)
	}
}

func (c *checker) typeOf(e ast.Expr) types.Type {
	if t := c.TypesInfo.TypeOf(e); t != nil {
		return t
	}
	return types.Typ[types.Invalid]
}
