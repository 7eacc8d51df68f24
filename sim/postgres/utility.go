package postgres

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/squallhq/squall/sim/postgres/sql"
	"github.com/squallhq/squall/sim/postgres/store"
	"github.com/squallhq/squall/sim/postgres/value"
)

// utility plans the statements that have no rows to find: settings, locks, definitions.
func (a *analyzer) utility(statement sql.Statement, p *plan) error {
	p.utility = true
	switch st := statement.(type) {
	case *sql.SetVariable:
		text, err := settingValue(st)
		if err != nil {
			return err
		}
		p.run = tagged("SET", func(x *execution) error { return x.set(st, text) })
	case *sql.Reset:
		p.run = tagged("RESET", func(x *execution) error {
			if st.All {
				x.session.resetAll()
				return nil
			}
			return x.session.resetSetting(st.Name)
		})
	case *sql.Show:
		return a.show(st, p)
	case *sql.SetTransaction:
		p.run = tagged("SET", func(x *execution) error { return x.session.setCharacteristics(st) })
	case *sql.LockTable:
		return a.lockTable(st, p)
	case *sql.Listen:
		p.run = tagged("LISTEN", func(x *execution) error { x.tx.Listen(st.Channel); return nil })
	case *sql.Unlisten:
		p.run = tagged("UNLISTEN", func(x *execution) error { x.tx.Unlisten(st.Channel); return nil })
	case *sql.Notify:
		p.run = tagged("NOTIFY", func(x *execution) error { return x.tx.Notify(st.Channel, st.Payload) })
	case *sql.Discard:
		p.run = tagged("DISCARD ALL", func(x *execution) error { return x.discard(st) })
	case *sql.Deallocate:
		p.run = tagged("DEALLOCATE", func(x *execution) error { return x.deallocate(st) })
	case *sql.Analyze:
		p.run = tagged("ANALYZE", func(x *execution) error { return x.maintain(st.Targets) })
	case *sql.Vacuum:
		p.run = tagged("VACUUM", func(x *execution) error {
			if x.session.block {
				return refusal("25001", "VACUUM cannot run inside a transaction block")
			}
			return x.maintain(st.Targets)
		})
	case *sql.SetConstraints:
		return unsupported("SET CONSTRAINTS")
	default:
		return a.definition(statement, p)
	}
	return nil
}

// tagged is a plan that answers with a fixed tag.
func tagged(tag string, run func(x *execution) error) func(x *execution) error {
	return func(x *execution) error {
		x.out.verb = tag
		return run(x)
	}
}

func settingValue(st *sql.SetVariable) (string, error) {
	var parts []string
	for _, e := range st.Values {
		switch v := e.(type) {
		case *sql.StringLiteral:
			text := v.Value
			if st.Name == "search_path" && len(st.Values) > 1 && text != strings.ToLower(text) {
				text = value.QuoteIdent(text)
			}
			parts = append(parts, text)
		case *sql.IntegerLiteral:
			parts = append(parts, strconv.FormatInt(v.Value, 10))
		case *sql.NumericLiteral:
			parts = append(parts, v.Text)
		default:
			return "", unsupported(fmt.Sprintf("SET %s to a %T", st.Name, e))
		}
	}
	return strings.Join(parts, ", "), nil
}

func (x *execution) set(st *sql.SetVariable, text string) error {
	if st.ToDefault {
		return x.session.resetSetting(st.Name)
	}
	return x.session.setSetting(st.Name, text, st.Local)
}

func (s *session) setCharacteristics(st *sql.SetTransaction) error {
	if st.HasSnapshot {
		return unsupported("SET TRANSACTION SNAPSHOT")
	}
	if !st.Session {
		return s.setModes(st.Modes) // outside a block: WARNING, no effect
	}
	if st.Modes.Isolation != sql.IsolationUnset {
		if err := s.setSetting("default_transaction_isolation", isolationText(storeIsolation(st.Modes.Isolation)), false); err != nil {
			return err
		}
	}
	if st.Modes.ReadOnly != sql.Unset {
		return s.setSetting("default_transaction_read_only", onOff(st.Modes.ReadOnly == sql.Yes), false)
	}
	return nil
}

func (a *analyzer) show(st *sql.Show, p *plan) error {
	if st.All {
		return unsupported("SHOW ALL") // it has a description of each setting
	}
	name := strings.ToLower(st.Name)
	if _, ok := a.s.showSetting(name); !ok {
		return noSetting(st.Name)
	}
	shown := name
	if info := known[name]; info.shown != "" {
		shown = info.shown
	}
	p.columns = []column{{name: shown, typ: value.Text, mod: value.NoMod}}
	p.run = tagged("SHOW", func(x *execution) error {
		text, _ := x.session.showSetting(name)
		return x.send(value.Row{value.OfText(text)})
	})
	return nil
}

func (a *analyzer) lockTable(st *sql.LockTable, p *plan) error {
	p.run = tagged("LOCK TABLE", func(x *execution) error {
		if !x.session.block {
			return refusal("25P01", "LOCK TABLE can only be used in transaction blocks")
		}
		for _, t := range st.Tables {
			table := x.session.lookup(t.Name).Table
			if table == nil {
				return refusal("42P01", `relation "`+relationName(t.Name)+`" does not exist`)
			}
			lock := x.tx.LockTable
			if st.NoWait {
				lock = x.tx.TryLockTable
			}
			if err := lock(table, store.LockMode(st.Mode)); err != nil {
				return err
			}
		}
		return nil
	})
	return nil
}

// lookup finds a relation by name along the search path.
func (s *session) lookup(name sql.QualifiedName) store.Relation {
	a := analyzer{s: s, tx: s.tx}
	return a.lookup(name)
}

// deallocate lets the session forget its prepared statements. A single one has a name that only
// the client's library knows.
func (x *execution) deallocate(st *sql.Deallocate) error {
	if !st.All {
		return nil
	}
	x.out.verb = "DEALLOCATE ALL"
	x.session.discards++
	return nil
}

// maintain is ANALYZE or VACUUM: it changes nothing, but it waits as they do.
func (x *execution) maintain(targets []sql.MaintenanceTarget) error {
	for _, t := range targets {
		table := x.session.lookup(t.Table).Table
		if table == nil {
			return refusal("42P01", `relation "`+relationName(t.Table)+`" does not exist`)
		}
		if err := x.tx.LockTable(table, store.ShareUpdateExclusive); err != nil {
			return err
		}
	}
	return nil
}

func (x *execution) discard(st *sql.Discard) error {
	if st.Target != sql.DiscardAll {
		x.out.verb = [...]string{sql.DiscardTemp: "DISCARD TEMP", sql.DiscardPlans: "DISCARD PLANS", sql.DiscardSequences: "DISCARD SEQUENCES"}[st.Target]
		if st.Target == sql.DiscardSequences {
			x.session.store.ForgetSequences()
		}
		return nil
	}
	if x.session.block {
		return refusal("25001", "DISCARD ALL cannot run inside a transaction block")
	}
	x.session.resetAll()
	x.session.discards++
	x.session.store.ForgetSequences()
	x.session.store.AdvisoryUnlockAll()
	x.tx.Unlisten("")
	return nil
}
