package postgres

import (
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/squallhq/squall/sim/postgres/sql"
)

// Cache keeps what does not depend on a world: parsed statements, by their text, and pgx's
// map of types. It belongs to one goroutine; worlds that run on it one after another share it.
type Cache struct {
	scripts map[string]*script
	types   *pgtype.Map
}

// NewCache returns an empty cache.
func NewCache() *Cache {
	return &Cache{scripts: make(map[string]*script), types: pgtype.NewMap()}
}

// script is a text sent to the server: one statement, or several separated by semicolons.
type script struct {
	text       string
	statements []sql.Statement
	err        error
	parsed     bool
	title      string
	exec       string // names of crossings
	query      string
	batch      string
	scans      []scan // for the columns of these types
	scanned    []uint32
}

func (c *Cache) script(text string) *script {
	s := c.scripts[text]
	if s == nil {
		s = &script{text: text}
		c.scripts[text] = s
	}
	return s
}

// parse returns the statements. They are immutable.
func (s *script) parse() ([]sql.Statement, error) {
	if !s.parsed {
		s.statements, s.err = sql.Parse(s.text)
		s.parsed = true
	}
	return s.statements, s.err
}

// one returns the only statement, nil if there is none.
func (s *script) one() (sql.Statement, error) {
	statements, err := s.parse()
	if err != nil {
		return nil, err
	}
	switch len(statements) {
	case 0:
		return nil, nil
	case 1:
		return statements[0], nil
	}
	return nil, refusal("42601", "cannot insert multiple commands into a prepared statement")
}

func (s *script) execName() string {
	if s.exec == "" {
		s.exec = "exec " + s.name()
	}
	return s.exec
}

func (s *script) queryName() string {
	if s.query == "" {
		s.query = "query " + s.name()
	}
	return s.query
}

func (s *script) batchName() string {
	if s.batch == "" {
		s.batch = "batch " + s.name()
	}
	return s.batch
}

// name is the name in the comment before the statement, or else what it does to which table.
func (s *script) name() string {
	if s.title != "" {
		return s.title
	}
	if s.title = sql.StatementName(s.text); s.title != "" {
		return s.title
	}
	s.title = "statement"
	if statements, err := s.parse(); err == nil && len(statements) > 0 {
		s.title = describeStatement(statements[0])
	}
	return s.title
}

func describeStatement(statement sql.Statement) string {
	switch st := statement.(type) {
	case *sql.Select:
		return "select" + ofTable(st)
	case *sql.Insert:
		return "insert " + st.Table.Name.Name
	case *sql.Update:
		return "update " + st.Table.Name.Name
	case *sql.Delete:
		return "delete " + st.Table.Name.Name
	case *sql.Truncate:
		return "truncate"
	case *sql.Savepoint:
		return "savepoint"
	case *sql.ReleaseSavepoint:
		return "release"
	case *sql.RollbackTo:
		return "rollback to savepoint"
	case *sql.SetVariable:
		return "set " + st.Name
	case *sql.Show:
		return "show " + st.Name
	case *sql.LockTable:
		return "lock"
	case *sql.CreateTable:
		return "create table " + st.Name.Name
	case *sql.AlterTable:
		return "alter table " + st.Table.Name
	}
	return "statement"
}

func ofTable(s *sql.Select) string {
	core, ok := s.Body.(*sql.SelectCore)
	if !ok || len(core.From) == 0 {
		return ""
	}
	from := core.From[0]
	for {
		join, ok := from.(*sql.Join)
		if !ok {
			break
		}
		from = join.Left
	}
	if table, ok := from.(*sql.Table); ok {
		return " " + table.Name.Name
	}
	return ""
}
