package sql

import (
	"slices"
	"strings"
)

// session appends a statement of ast_session.go.
func (p *printer) session(s Statement) {
	switch s := s.(type) {
	case *Begin:
		p.put(either(s.Start, "START TRANSACTION", "BEGIN"))
		p.modes(s.Modes)
	case *Commit:
		p.put("COMMIT", either(s.Chain, " AND CHAIN", ""))
	case *Rollback:
		p.put("ROLLBACK", either(s.Chain, " AND CHAIN", ""))
	case *Savepoint:
		p.optionalName("SAVEPOINT ", s.Name)
	case *ReleaseSavepoint:
		p.optionalName("RELEASE SAVEPOINT ", s.Name)
	case *RollbackTo:
		p.optionalName("ROLLBACK TO SAVEPOINT ", s.Name)
	case *SetVariable:
		p.setVariable(s)
	case *SetTransaction:
		p.setTransaction(s)
	case *Reset:
		p.put("RESET ")
		p.settingOrAll(s.Name, s.All)
	case *Show:
		p.put("SHOW ")
		p.settingOrAll(s.Name, s.All)
	case *SetConstraints:
		p.put("SET CONSTRAINTS ")
		p.putIf(s.All, "ALL")
		p.names(s.Names)
		p.put(either(s.Deferred, " DEFERRED", " IMMEDIATE"))
	default:
		p.command(s)
	}
}

// command appends the commands that are no setting and no transaction.
func (p *printer) command(s Statement) {
	switch s := s.(type) {
	case *LockTable:
		p.put("LOCK TABLE ")
		p.tables(s.Tables)
		p.put(" IN ", [...]string{
			"", "ACCESS SHARE", "ROW SHARE", "ROW EXCLUSIVE", "SHARE UPDATE EXCLUSIVE", "SHARE",
			"SHARE ROW EXCLUSIVE", "EXCLUSIVE", "ACCESS EXCLUSIVE",
		}[s.Mode], " MODE", either(s.NoWait, " NOWAIT", ""))
	case *Listen:
		p.optionalName("LISTEN ", s.Channel)
	case *Unlisten:
		p.put("UNLISTEN ", either(s.All, "*", ""))
		p.optionalName("", s.Channel)
	case *Notify:
		p.optionalName("NOTIFY ", s.Channel)
		if s.Payload != "" {
			p.put(", ")
			p.string(s.Payload)
		}
	case *Discard:
		p.put("DISCARD ", [...]string{"", "ALL", "TEMP", "PLANS", "SEQUENCES"}[s.Target])
	case *Analyze:
		p.put("ANALYZE")
		p.maintained(s.Targets)
	case *Vacuum:
		p.put("VACUUM", either(s.Full, " FULL", ""), either(s.Freeze, " FREEZE", ""),
			either(s.Analyze, " ANALYZE", ""))
		p.maintained(s.Targets)
	case *Deallocate:
		p.put("DEALLOCATE ", either(s.All, "ALL", ""))
		p.optionalName("", s.Name)
	}
}

func (p *printer) maintained(list []MaintenanceTarget) {
	if len(list) == 0 {
		return
	}
	p.put(" ")
	p.list(len(list), func(i int) {
		p.qualified(list[i].Table)
		if len(list[i].Columns) > 0 {
			p.put(" ")
			p.idents(list[i].Columns)
		}
	})
}

func (p *printer) modes(m TransactionModes) {
	p.put([...]string{
		"", " ISOLATION LEVEL READ UNCOMMITTED", " ISOLATION LEVEL READ COMMITTED",
		" ISOLATION LEVEL REPEATABLE READ", " ISOLATION LEVEL SERIALIZABLE",
	}[m.Isolation])
	p.put([...]string{"", " READ ONLY", " READ WRITE"}[m.ReadOnly])
	p.put([...]string{"", " DEFERRABLE", " NOT DEFERRABLE"}[m.Deferrable])
}

func (p *printer) setTransaction(s *SetTransaction) {
	p.put(either(s.Session, "SET SESSION CHARACTERISTICS AS TRANSACTION", "SET TRANSACTION"))
	if s.HasSnapshot {
		p.put(" SNAPSHOT ")
		p.string(s.Snapshot)
	}
	p.modes(s.Modes)
}

func (p *printer) settingOrAll(name string, all bool) {
	if all {
		p.put("ALL")
		return
	}
	p.settingName(name)
}

// settingName appends a setting's name, whose dots divide it, unless a part would be empty: then they
// stood within quotes, and do so again.
func (p *printer) settingName(name string) {
	parts := strings.Split(name, ".")
	if slices.Contains(parts, "") {
		parts = []string{name}
	}
	for i, part := range parts {
		p.putIf(i > 0, ".")
		p.name(part)
	}
}

func (p *printer) setVariable(s *SetVariable) {
	p.put("SET ", either(s.Local, "LOCAL ", ""))
	if len(s.Values) == 1 {
		if c, ok := s.Values[0].(*Cast); ok {
			p.zone(c)
			return
		}
	}
	p.settingName(s.Name)
	p.put(" TO ")
	if s.ToDefault {
		p.put("DEFAULT")
	}
	p.exprs(s.Values)
}

// zone appends TIME ZONE INTERVAL '...' with the interval's fields.
func (p *printer) zone(c *Cast) {
	p.put("TIME ZONE INTERVAL")
	mask := int64(IntervalFull)
	if m := c.Type.Modifiers; len(m) > 0 {
		mask = m[0].(*IntegerLiteral).Value
		if mask == IntervalFull {
			p.precision(m[1:])
		}
	}
	p.put(" ")
	p.expr(c.Operand)
	p.put(fieldWords(mask))
	if mask&IntervalSecond != 0 && mask != IntervalFull {
		p.precision(c.Type.Modifiers[1:])
	}
}

// precision appends an optional precision in parentheses.
func (p *printer) precision(list []Expr) {
	if len(list) > 0 {
		p.put("(")
		p.expr(list[0])
		p.put(")")
	}
}

// fieldWords names the fields of an interval's mask.
func fieldWords(mask int64) string {
	if mask == IntervalFull {
		return ""
	}
	words := ""
	last := ""
	for _, f := range [...]struct {
		bit  int64
		word string
	}{
		{IntervalYear, "YEAR"}, {IntervalMonth, "MONTH"}, {IntervalDay, "DAY"},
		{IntervalHour, "HOUR"}, {IntervalMinute, "MINUTE"}, {IntervalSecond, "SECOND"},
	} {
		switch {
		case mask&f.bit == 0:
		case words == "":
			words = " " + f.word
		default:
			last = " TO " + f.word
		}
	}
	return words + last
}
