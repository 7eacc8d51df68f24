package postgres

import (
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// rows is the result of a query, with pgx's behaviour. The whole answer is here already;
// the connection counts as busy until the rows are closed.
type rows struct {
	conn   *conn
	pool   *pool // gets the connection back, if any
	fields []pgconn.FieldDescription
	data   []byte // what is left of the rows, each column as in DataRow
	left   int
	values [][]byte
	scans  []scan
	tag    pgconn.CommandTag
	end    error // what comes after the last row
	err    error
	closed bool
	batch  bool // the batch holds the connection
}

// scan is a plan for one column and type of destination, kept with the statement.
type scan struct {
	of   reflect.Type
	plan pgtype.ScanPlan
}

// rowsOf returns the i-th result of the reply as rows.
func (c *conn) rowsOf(i int) *rows {
	r := &rows{conn: c}
	if c.reply.err != nil && i >= len(c.reply.results)-1 {
		r.end = c.reply.err
	}
	if i < len(c.reply.results) {
		result := &c.reply.results[i]
		r.fields, r.data, r.left = result.fields, c.reply.data[result.from:result.to], result.rows
		r.scans = result.scans
		if r.end == nil {
			r.tag = result.commandTag()
		}
	}
	return r
}

func (r *rows) holds(p *pool) {
	if r.closed {
		p.release(r.conn)
		return
	}
	r.pool = p
}

// Close ends the rows and gives the connection back.
func (r *rows) Close() {
	if r.closed {
		return
	}
	r.closed = true
	r.values = nil
	if r.err == nil {
		r.err = r.end
	}
	if r.conn != nil && !r.batch {
		r.conn.unlock()
	}
	if r.pool != nil {
		r.pool.release(r.conn)
		r.pool = nil
	}
}

// Err returns the error that ended the rows.
func (r *rows) Err() error { return r.err }

// CommandTag is known when the rows are closed.
func (r *rows) CommandTag() pgconn.CommandTag {
	if !r.closed {
		return pgconn.CommandTag{}
	}
	return r.tag
}

// FieldDescriptions describes the columns.
func (r *rows) FieldDescriptions() []pgconn.FieldDescription { return r.fields }

// Next moves to the next row.
func (r *rows) Next() bool {
	if r.closed {
		return false
	}
	if r.left == 0 {
		r.Close()
		return false
	}
	r.left--
	if r.values == nil {
		r.values = make([][]byte, len(r.fields))
	}
	for i := range r.values {
		n := int32(binary.BigEndian.Uint32(r.data))
		r.data = r.data[4:]
		if n < 0 {
			r.values[i] = nil
			continue
		}
		r.values[i] = r.data[:n:n]
		r.data = r.data[n:]
	}
	return true
}

func (r *rows) fatal(err error) error {
	if r.err == nil {
		r.err = err
		r.Close()
	}
	return err
}

// Scan reads the row into dest with pgx's plans.
func (r *rows) Scan(dest ...any) error {
	if r.closed && r.err != nil {
		return r.err
	}
	if len(dest) == 1 {
		if s, ok := dest[0].(pgx.RowScanner); ok {
			if err := s.ScanRow(r); err != nil {
				return r.fatal(err)
			}
			return nil
		}
	}
	if len(r.fields) != len(r.values) {
		return r.fatal(fmt.Errorf("number of field descriptions must equal number of values, got %d and %d", len(r.fields), len(r.values)))
	}
	if len(r.fields) != len(dest) {
		return r.fatal(fmt.Errorf("number of field descriptions must equal number of destinations, got %d and %d", len(r.fields), len(dest)))
	}
	if len(r.scans) != len(dest) {
		r.scans = make([]scan, len(dest))
	}
	for i, d := range dest {
		if d == nil {
			continue
		}
		if err := r.plan(i, d).Scan(r.values[i], d); err != nil {
			return r.fatal(pgx.ScanArgError{ColumnIndex: i, FieldName: r.fields[i].Name, Err: err})
		}
	}
	return nil
}

func (r *rows) plan(i int, dest any) pgtype.ScanPlan {
	s := &r.scans[i]
	if of := reflect.TypeOf(dest); s.of != of {
		f := &r.fields[i]
		s.of, s.plan = of, r.conn.typeMap().PlanScan(f.DataTypeOID, f.Format, dest)
	}
	return s.plan
}

// Values decodes the row into Go's natural types.
func (r *rows) Values() ([]any, error) {
	if r.closed {
		return nil, errors.New("rows is closed")
	}
	values := make([]any, len(r.fields))
	for i, raw := range r.values {
		v, err := r.decode(&r.fields[i], raw)
		if err != nil {
			return nil, r.fatal(err)
		}
		values[i] = v
	}
	return values, nil
}

func (r *rows) decode(f *pgconn.FieldDescription, raw []byte) (any, error) {
	if raw == nil {
		return nil, nil
	}
	m := r.conn.typeMap()
	if t, ok := m.TypeForOID(f.DataTypeOID); ok {
		return t.Codec.DecodeValue(m, f.DataTypeOID, f.Format, raw)
	}
	if f.Format == pgx.TextFormatCode {
		return string(raw), nil
	}
	return append([]byte(nil), raw...), nil
}

// RawValues returns the row's bytes, valid until the next call of Next.
func (r *rows) RawValues() [][]byte { return r.values }

// Conn is nil: there is no *pgx.Conn.
func (r *rows) Conn() *pgx.Conn { return nil }

// TypeMap returns the types the values are decoded with.
func (r *rows) TypeMap() *pgtype.Map {
	if r.conn == nil {
		return nil
	}
	return r.conn.typeMap()
}

// row is the result of QueryRow.
type row rows

// Scan reads the first row, if there is one, and closes the rows.
func (w *row) Scan(dest ...any) error {
	r := (*rows)(w)
	if r.err != nil {
		return r.err
	}
	for _, d := range dest {
		if _, ok := d.(*pgtype.DriverBytes); ok {
			r.Close()
			return errors.New("cannot scan into *pgtype.DriverBytes from QueryRow")
		}
	}
	if !r.Next() {
		if r.err == nil {
			return pgx.ErrNoRows
		}
		return r.err
	}
	_ = r.Scan(dest...)
	r.Close()
	return r.err
}
