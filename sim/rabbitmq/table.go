package rabbitmq

import (
	"bytes"
	"fmt"
	"strconv"
	"time"

	"github.com/squallhq/squall/system/port"
)

// checkTable refuses values that have no place in an AMQP table.
func checkTable(table port.Table) error {
	var wrong error
	//simsafe:allow the first error by its text is found in any order
	for name, value := range table {
		err := checkTexts(name)
		if err == nil {
			err = checkValue(value)
		}
		if err != nil && (wrong == nil || err.Error() < wrong.Error()) {
			wrong = fmt.Errorf("table field %s: %w", name, err)
		}
	}
	return wrong
}

func checkValue(value any) error {
	switch value := value.(type) {
	case nil, string, bool, int32, int64, time.Time, []byte:
		return nil
	case port.Table:
		return checkTable(value)
	case []any:
		for _, item := range value {
			if err := checkValue(item); err != nil {
				return err
			}
		}
		return nil
	default:
		return fmt.Errorf("a value of type %T cannot be sent", value)
	}
}

// copyTable returns a table that shares nothing with the original. A message on the
// wire is bytes: what a client does to its copy is its own business.
func copyTable(table port.Table) port.Table {
	if table == nil {
		return nil
	}
	fresh := make(port.Table, len(table)+1)
	//simsafe:allow the copy is the same in any order
	for name, value := range table {
		fresh[name] = copyValue(value)
	}
	return fresh
}

func copyValue(value any) any {
	switch value := value.(type) {
	case port.Table:
		return copyTable(value)
	case []any:
		fresh := make([]any, len(value))
		for i, item := range value {
			fresh[i] = copyValue(item)
		}
		return fresh
	case []byte:
		return bytes.Clone(value)
	case time.Time:
		return value.UTC().Truncate(time.Second)
	default:
		return value
	}
}

func sameTable(a, b port.Table) bool {
	if len(a) != len(b) {
		return false
	}
	//simsafe:allow equality does not depend on the order
	for name, value := range a {
		other, present := b[name]
		if !present || !sameValue(value, other) {
			return false
		}
	}
	return true
}

// sameValue compares as RabbitMQ does: integers by number, whatever their width.
func sameValue(a, b any) bool {
	if x, ok := integer(a); ok {
		y, ok := integer(b)
		return ok && x == y
	}
	switch a := a.(type) {
	case port.Table:
		b, ok := b.(port.Table)
		return ok && sameTable(a, b)
	case []any:
		b, ok := b.([]any)
		return ok && sameList(a, b)
	case []byte:
		b, ok := b.([]byte)
		return ok && bytes.Equal(a, b)
	case time.Time:
		b, ok := b.(time.Time)
		return ok && a.Equal(b)
	}
	return scalar(b) && a == b
}

// scalar says whether a table's value can stand on a side of ==.
func scalar(value any) bool {
	switch value.(type) {
	case port.Table, []any, []byte:
		return false
	}
	return true
}

func sameList(a, b []any) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !sameValue(a[i], b[i]) {
			return false
		}
	}
	return true
}

func integer(value any) (int64, bool) {
	switch value := value.(type) {
	case int32:
		return int64(value), true
	case int64:
		return value, true
	}
	return 0, false
}

// typeName is RabbitMQ's name of a value's type.
func typeName(value any) string {
	switch value.(type) {
	case nil:
		return "void"
	case string:
		return "longstr"
	case bool:
		return "bool"
	case int32:
		return "signedint"
	case int64:
		return "long"
	case time.Time:
		return "timestamp"
	case []byte:
		return "binary"
	case port.Table:
		return "table"
	default:
		return "array"
	}
}

// erlang writes a simple value as RabbitMQ's messages do.
func erlang(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case bool:
		return strconv.FormatBool(value)
	case time.Time:
		return strconv.FormatInt(value.Unix(), 10)
	}
	if n, ok := integer(value); ok {
		return strconv.FormatInt(n, 10)
	}
	return typeName(value)
}
