package conform

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// parseArgument reads "TYPE VALUE" into the Go value that is handed to pgx.
func parseArgument(text string) (any, error) {
	kind, value, _ := strings.Cut(text, " ")
	parse, ok := argumentTypes[kind]
	if !ok {
		return nil, fmt.Errorf("unknown argument type %q", kind)
	}
	parsed, err := parse(value)
	if err != nil {
		return nil, fmt.Errorf("argument %s: %w", text, err)
	}
	return parsed, nil
}

var argumentTypes = map[string]func(string) (any, error){
	"null":   func(string) (any, error) { return nil, nil },
	"string": func(s string) (any, error) { return s, nil },
	"bool":   func(s string) (any, error) { return strconv.ParseBool(s) },
	"int64":  func(s string) (any, error) { return strconv.ParseInt(s, 10, 64) },
	"int32": func(s string) (any, error) {
		n, err := strconv.ParseInt(s, 10, 32)
		return int32(n), err
	},
	"int16": func(s string) (any, error) {
		n, err := strconv.ParseInt(s, 10, 16)
		return int16(n), err
	},
	"float64": func(s string) (any, error) { return strconv.ParseFloat(s, 64) },
	"bytes":   func(s string) (any, error) { return hex.DecodeString(s) },
	"octets": func(s string) (any, error) { // a string of any bytes
		b, err := hex.DecodeString(s)
		return string(b), err
	},
	"time":     func(s string) (any, error) { return time.Parse(time.RFC3339Nano, s) },
	"duration": func(s string) (any, error) { return time.ParseDuration(s) },
	"strings":  func(s string) (any, error) { return strings.Fields(s), nil },
	"int64s":   parseInts,
	"uuid": func(s string) (any, error) {
		var id pgtype.UUID
		err := id.Scan(s)
		return id.Bytes, err
	},
}

func parseInts(text string) (any, error) {
	numbers := []int64{}
	for field := range strings.FieldsSeq(text) {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return nil, err
		}
		numbers = append(numbers, n)
	}
	return numbers, nil
}
