package postgres

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/squallhq/squall/sim/postgres/sql"
	"github.com/squallhq/squall/sim/postgres/store"
	"github.com/squallhq/squall/sim/postgres/value"
)

// serve evaluates the functions that need the server: what value.Function.Server says.
func (x *execution) serve(f *value.Function, args []value.Value) (value.Value, error) {
	switch f.Name {
	case "nextval", "currval", "setval", "lastval":
		return x.sequenceFunction(f.Name, args)
	case "pg_sleep":
		//simsafe:allow one multiplication cannot be fused with anything
		return value.OfVoid(), x.session.sleep(time.Duration(args[0].Float() * float64(time.Second)))
	case "pg_sleep_for":
		return value.OfVoid(), x.session.sleep(spanDuration(args[0].Span()))
	case "pg_notify":
		return value.OfVoid(), x.tx.Notify(args[0].S, args[1].S)
	case "current_setting", "set_config":
		return x.settingFunction(f.Name, args)
	}
	if strings.Contains(f.Name, "advisory") {
		return x.advisory(f.Name, args)
	}
	if v, ok, err := x.transactionFunction(f.Name, args); ok || err != nil {
		return v, err
	}
	if v, ok, err := x.sessionFunction(f.Name, args); ok || err != nil {
		return v, err
	}
	return value.Value{}, unsupported("function " + f.Signature())
}

func spanDuration(s value.Span) time.Duration {
	return time.Duration(s.Micros)*time.Microsecond + time.Duration(s.Days)*24*time.Hour
}

func (x *execution) sequenceFunction(name string, args []value.Value) (value.Value, error) {
	s := x.session.store
	if name == "lastval" {
		n, err := s.Lastval()
		return value.OfInt(n), err
	}
	q := x.session.sequenceByOID(uint32(args[0].N))
	if q == nil {
		return value.Value{}, x.session.notSequence(uint32(args[0].N), args[0].S)
	}
	if name != "currval" && x.session.readOnly() {
		return value.Value{}, refusal("25006", "cannot execute "+name+"() in a read-only transaction")
	}
	var n int64
	var err error
	switch name {
	case "nextval":
		n, err = s.Nextval(q)
	case "currval":
		n, err = s.Currval(q)
	default:
		n = args[1].N
		err = s.Setval(q, n, len(args) < 3 || args[2].True())
	}
	return value.OfInt(n), err
}

// nextval is the default of serial and identity columns.
func (x *execution) nextval(q *store.Sequence) (value.Value, error) {
	if x.session == nil {
		return value.Value{}, unsupported("a sequence in ON DELETE SET DEFAULT")
	}
	n, err := x.session.store.Nextval(q)
	return value.OfInt(n), err
}

func (s *session) sequenceByOID(oid uint32) *store.Sequence {
	for _, q := range s.tx.Sequences() {
		if q.OID() == oid {
			return q
		}
	}
	return nil
}

// notSequence refuses to take values from something else, when it has the lock for it (PostgreSQL source,
// lock_and_open_sequence).
func (s *session) notSequence(oid uint32, name string) error {
	for _, table := range s.tx.Tables() {
		if table.OID() != oid {
			continue
		}
		if err := s.tx.LockTable(table, store.RowExclusive); err != nil {
			return err
		}
	}
	return refusal("42809", `"`+name+`" is not a sequence`)
}

// regClass is the input function of regclass.
func (s *session) regClass(name string) (value.Value, error) {
	q, err := parseName(name)
	if err != nil {
		return value.Value{}, err
	}
	if s.tx == nil {
		return value.Value{}, unsupported("regclass outside a transaction")
	}
	r := s.lookup(q)
	printed := value.QuoteIdent(q.Name)
	if q.Schema != "" && !s.inPath(q.Schema) {
		printed = value.QuoteIdent(q.Schema) + "." + printed
	}
	v := value.Value{Kind: value.KindInt, S: printed}
	switch {
	case r.Table != nil:
		v.N = int64(r.Table.OID())
	case r.Index != nil:
		v.N = int64(r.Index.OID)
	case r.Sequence != nil:
		v.N = int64(r.Sequence.OID())
	default:
		return value.Value{}, refusal("42P01", `relation "`+relationName(q)+`" does not exist`)
	}
	return v, nil
}

// firstUserOID is where the oids of relations begin that are not the system's (FirstNormalObjectId).
const firstUserOID = 16384

// classNamed is the output function of regclass: the relation's name, "" if there is none.
func (s *session) classNamed(oid uint32) (string, error) {
	switch {
	case oid == 0:
		return "-", nil
	case oid < firstUserOID:
		return "", unsupported("the name of a system catalog")
	}
	for _, q := range s.tx.Sequences() {
		if q.OID() == oid {
			return s.className(q.Schema(), q.Name()), nil
		}
	}
	for _, table := range s.tx.Tables() {
		if table.OID() == oid {
			return s.className(table.Schema(), table.Name(s.tx)), nil
		}
		for _, ix := range table.Def(s.tx).Indexes {
			if ix.OID == oid {
				return s.className(table.Schema(), ix.Name), nil
			}
		}
	}
	return "", nil
}

// className qualifies a relation's name unless the path finds it first.
func (s *session) className(schema, name string) string {
	for _, first := range s.settings.path {
		switch {
		case first == schema:
			return value.QuoteIdent(name)
		case s.tx.Lookup(first, name) != (store.Relation{}):
			return value.QuoteIdent(schema) + "." + value.QuoteIdent(name)
		}
	}
	return value.QuoteIdent(schema) + "." + value.QuoteIdent(name)
}

func (s *session) inPath(schema string) bool {
	return slices.Contains(s.settings.path, schema)
}

// parseName reads a possibly qualified, possibly quoted name.
func parseName(text string) (sql.QualifiedName, error) {
	var parts []string
	rest := strings.TrimSpace(text)
	for {
		var part string
		if strings.HasPrefix(rest, `"`) {
			end := strings.Index(rest[1:], `"`)
			if end < 0 {
				return sql.QualifiedName{}, refusal("42602", "invalid name syntax")
			}
			part, rest = rest[1:end+1], rest[end+2:]
		} else {
			end := strings.IndexByte(rest, '.')
			if end < 0 {
				end = len(rest)
			}
			part, rest = strings.ToLower(rest[:end]), rest[end:]
		}
		parts = append(parts, part)
		if rest == "" {
			break
		}
		if rest[0] != '.' {
			return sql.QualifiedName{}, refusal("42602", "invalid name syntax")
		}
		rest = rest[1:]
	}
	q := sql.QualifiedName{Name: parts[len(parts)-1]}
	if len(parts) > 1 {
		q.Schema = parts[len(parts)-2]
	}
	return q, nil
}

func (x *execution) settingFunction(name string, args []value.Value) (value.Value, error) {
	s := x.session
	if name == "current_setting" {
		text, ok := s.showSetting(args[0].S)
		if !ok {
			err := noSetting(args[0].S)
			if _, refused := errors.AsType[*value.Error](err); refused && len(args) > 1 && args[1].True() {
				return value.Value{}, nil
			}
			return value.Value{}, err
		}
		return value.OfText(text), nil
	}
	if args[0].IsNull() {
		return value.Value{}, refusal("22004", "SET requires parameter name")
	}
	local := args[2].True()
	if local && !s.block { // the statement is the transaction: nothing lasts
		text, err := canonical(args[0].S, known[strings.ToLower(args[0].S)], args[1].S)
		return value.OfText(text), err
	}
	if err := s.setSetting(args[0].S, args[1].S, local); err != nil {
		return value.Value{}, err
	}
	text, _ := s.showSetting(args[0].S)
	return value.OfText(text), nil
}

// advisory runs the advisory lock functions (manual, 9.27.10).
func (x *execution) advisory(name string, args []value.Value) (value.Value, error) {
	s := x.session.store
	key := store.AdvisoryKey{}
	switch len(args) {
	case 1:
		key.Key = args[0].N
	case 2:
		key.Key, key.Pair = args[0].N<<32|args[1].N&0xffffffff, true
	}
	shared := strings.HasSuffix(name, "_shared")
	tx := strings.Contains(name, "_xact_")
	switch {
	case name == "pg_advisory_unlock_all":
		s.AdvisoryUnlockAll()
		return value.OfVoid(), nil
	case strings.HasPrefix(name, "pg_advisory_unlock"):
		return value.OfBool(s.AdvisoryUnlock(key, shared)), nil
	case strings.HasPrefix(name, "pg_try_advisory"):
		return value.OfBool(s.TryAdvisoryLock(key, shared, tx)), nil
	}
	return value.OfVoid(), s.AdvisoryLock(key, shared, tx)
}

func (x *execution) transactionFunction(name string, args []value.Value) (v value.Value, ok bool, err error) {
	switch name {
	case "pg_current_xact_id", "txid_current":
		if x.tx.ReadOnly() && x.tx.XIDIfAssigned() == 0 {
			return v, true, refusal("25006", "cannot assign a transaction id in a read-only transaction")
		}
		return value.OfInt(int64(x.tx.XID())), true, nil
	case "pg_current_xact_id_if_assigned", "txid_current_if_assigned":
		if xid := x.tx.XIDIfAssigned(); xid != 0 {
			return value.OfInt(int64(xid)), true, nil
		}
		return value.Value{}, true, nil
	case "pg_current_snapshot", "txid_current_snapshot":
		return value.OfSnapshot(x.snap.Info()), true, nil
	case "pg_snapshot_xmin", "txid_snapshot_xmin":
		return value.OfInt(int64(args[0].Snapshot().Xmin)), true, nil
	case "pg_snapshot_xmax", "txid_snapshot_xmax":
		return value.OfInt(int64(args[0].Snapshot().Xmax)), true, nil
	}
	return v, false, nil
}

func (x *execution) sessionFunction(name string, args []value.Value) (v value.Value, ok bool, err error) {
	s := x.session
	switch name {
	case "pg_backend_pid":
		return value.OfInt(int64(s.store.PID())), true, nil
	case "current_database", "current_catalog":
		return value.OfText(s.server.options.Database), true, nil
	case "current_user", "session_user", "user", "current_role":
		return value.OfText(s.server.options.User), true, nil
	case "current_schema":
		for _, schema := range s.settings.path {
			if s.tx.HasSchema(schema) {
				return value.OfText(schema), true, nil
			}
		}
		return value.Value{}, true, nil
	case "current_schemas":
		var list []value.Value
		if args[0].True() {
			list = append(list, value.OfText("pg_catalog"))
		}
		for _, schema := range s.settings.path {
			if s.tx.HasSchema(schema) {
				list = append(list, value.OfText(schema))
			}
		}
		return value.OfArray(value.NewArray(value.Name, list)), true, nil
	case "version":
		return value.OfText("PostgreSQL 15.14 on x86_64-pc-linux-gnu, compiled by gcc, 64-bit"), true, nil
	case "pg_blocking_pids":
		return x.blockingPIDs(int32(args[0].N)), true, nil
	case "pg_is_in_recovery":
		return value.OfBool(false), true, nil
	case "pg_postmaster_start_time", "pg_conf_load_time":
		return value.OfTimestamp(s.server.micros()), true, nil
	case "pg_cancel_backend", "pg_terminate_backend":
		return x.signal(name, int32(args[0].N)), true, nil
	case "pg_get_serial_sequence":
		v, err := x.serialSequence(args[0].S, args[1].S)
		return v, true, err
	case "to_regclass":
		v, err := s.regClass(args[0].S)
		var refused *value.Error
		if asError(err, &refused) && refused.Code == "42P01" {
			return value.Value{}, true, nil
		}
		return v, true, err
	case "obj_description", "col_description", "shobj_description":
		return value.Value{}, true, nil
	}
	return v, false, nil
}

func (x *execution) blockingPIDs(pid int32) value.Value {
	var list []value.Value
	if blocked := x.session.server.find(pid); blocked != nil {
		for _, by := range blocked.store.BlockedBy() {
			list = append(list, value.OfInt(int64(by)))
		}
	}
	return value.OfArray(value.NewArray(value.Int4, list))
}

func (x *execution) signal(name string, pid int32) value.Value {
	target := x.session.server.find(pid)
	if target == nil {
		return value.OfBool(false)
	}
	if name == "pg_cancel_backend" {
		target.cancel(refusal("57014", "canceling statement due to user request"))
	} else {
		target.terminate(refusal("57P01", "terminating connection due to administrator command"))
	}
	return value.OfBool(true)
}

func (x *execution) serialSequence(table, column string) (value.Value, error) {
	q, err := parseName(table)
	if err != nil {
		return value.Value{}, err
	}
	r := x.session.lookup(q)
	if r.Table == nil {
		return value.Value{}, refusal("42P01", `relation "`+relationName(q)+`" does not exist`)
	}
	for _, c := range r.Table.Def(x.tx).Columns {
		if c.Name == column && !c.Dropped {
			if c.Sequence == nil {
				return value.Value{}, nil
			}
			return value.OfText(value.QuoteIdent(c.Sequence.Schema()) + "." + value.QuoteIdent(c.Sequence.Name())), nil
		}
	}
	return value.Value{}, refusal("42703", `column "`+column+`" of relation "`+q.Name+`" does not exist`)
}
