package postgres

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/squallhq/squall/sim/postgres/value"
)

// encode turns a call's arguments into parameters. What pgx would encode plainly is handed
// over as a value; everything else goes through pgx's own encoding, and its errors are pgx's.
func (c *conn) encode(i *item, p *prepared, args []any, o options) error {
	for n, arg := range args {
		if o.mode != pgx.QueryExecModeExec {
			if v, ok := plain(p.params[n], arg); ok {
				i.args = append(i.args, argument{value: v})
				continue
			}
		}
		raw, format, err := encodeArgument(c.typeMap(), p.oids[n], arg, o)
		if err != nil {
			return fmt.Errorf("failed to encode args[%d]: %w", n, err)
		}
		i.args = append(i.args, argument{raw: raw, format: format, coded: raw != nil})
	}
	return nil
}

// yearTwoThousand is the zero of PostgreSQL's timestamps, in microseconds since 1970.
const yearTwoThousand = 946684800 * 1_000_000

// plain converts the arguments for which pgx's encoding and the server's decoding are each
// other's inverse.
func plain(t *value.Type, arg any) (value.Value, bool) {
	switch a := arg.(type) {
	case nil:
		return value.Value{}, true
	case string:
		ok := (t == value.Text || t == value.Varchar) && utf8.ValidString(a) && strings.IndexByte(a, 0) < 0
		return value.OfText(a), ok
	case int64:
		return plainInt(t, a)
	case int:
		return plainInt(t, int64(a))
	case int32:
		return plainInt(t, int64(a))
	case int16:
		return plainInt(t, int64(a))
	case bool:
		return value.OfBool(a), t == value.Bool
	case []byte:
		if a == nil {
			return value.Value{}, true
		}
		if t == value.Bytea {
			return value.OfBytes(a), true
		}
	case [16]byte:
		if t == value.UUID {
			return value.OfUUID(a), true
		}
	case time.Time:
		if t == value.Timestamptz {
			micros := a.Unix()*1_000_000 + int64(a.Nanosecond())/1000 - yearTwoThousand
			return value.OfTimestamp(micros), value.ValidTimestamp(micros)
		}
	}
	return value.Value{}, false
}

func plainInt(t *value.Type, n int64) (value.Value, bool) {
	switch t {
	case value.Int8:
		return value.OfInt(n), true
	case value.Int4:
		return value.OfInt(n), n >= math.MinInt32 && n <= math.MaxInt32
	case value.Int2:
		return value.OfInt(n), n >= math.MinInt16 && n <= math.MaxInt16
	}
	return value.Value{}, false
}

// encodeArgument is pgx.ExtendedQueryBuilder's choice of format: text for strings, else
// what the type prefers, else the other one.
func encodeArgument(m *pgtype.Map, oid uint32, arg any, o options) ([]byte, int16, error) {
	if o.mode == pgx.QueryExecModeExec {
		raw, err := m.Encode(0, pgx.TextFormatCode, arg, make([]byte, 0, 32))
		return raw, pgx.TextFormatCode, err
	}
	format := m.FormatCodeForOID(oid)
	switch arg.(type) {
	case string, *string:
		format = pgx.TextFormatCode
	}
	raw, err := m.Encode(oid, format, arg, make([]byte, 0, 32))
	if err == nil {
		return raw, format, nil
	}
	if raw, other := m.Encode(oid, 1-format, arg, make([]byte, 0, 32)); other == nil {
		return raw, 1 - format, nil
	}
	return nil, 0, err
}

// bind reads the parameters as the server does.
func (x *execution) bind(p *prepared, args []argument) error {
	x.params = x.params[:0]
	for i := range args {
		a := &args[i]
		v := a.value
		if a.coded {
			var err error
			if v, err = x.decode(p.params[i], a); err != nil {
				return err
			}
		}
		x.params = append(x.params, v)
	}
	return nil
}

func (x *execution) decode(t *value.Type, a *argument) (value.Value, error) {
	if a.format == pgx.BinaryFormatCode {
		return t.DecodeBinary(a.raw)
	}
	text := string(a.raw)
	if err := value.CheckText(text); err != nil {
		return value.Value{}, err
	}
	return t.ParseText(&x.context, text)
}
