package wire

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
)

// A message after the start is a type, a length that counts itself, and the body
// (PostgreSQL documentation, 55.2 Message Flow and 55.7 Message Formats).
const (
	postgresHeader     = 5
	postgresMessageMax = 1<<30 - 1 // the server's own limit (PQ_LARGE_MESSAGE_LIMIT)
)

// Packets at the start of a connection have a length and a code, and no type.
const (
	startupMin     = 8
	startupMax     = 10_000 // the server's own limit (MAX_STARTUP_PACKET_LENGTH)
	codeCancel     = 80877102
	codeSSL        = 80877103
	codeGSS        = 80877104
	tlsHandshake   = 0x16 // the first byte of TLS, with which a client may begin directly
	protocolMajor3 = 3
)

// The types of messages in each direction (PostgreSQL documentation, 55.7).
const (
	frontendTypes = "BCDEFHPQSXcdfp"
	backendTypes  = "123ACDEGHIKNRSTVWZcdnstv"
)

// postgresMessage is a message, or as much of it as the buffer holds.
type postgresMessage struct {
	kind  byte
	total int64  // bytes, with the header
	body  []byte // the beginning; valid until the flow is read on
}

// parsePostgresHeader reads a header. An error is garbage.
func parsePostgresHeader(b []byte, d Direction) (kind byte, total int64, err error) {
	kind = b[0]
	length := binary.BigEndian.Uint32(b[1:postgresHeader])
	known := frontendTypes
	if d == ToClient {
		known = backendTypes
	}
	if strings.IndexByte(known, kind) < 0 {
		return 0, 0, &garbage{fmt.Sprintf("PostgreSQL knows no message of type %#x", kind)}
	}
	if length < 4 || length > postgresMessageMax {
		return 0, 0, &garbage{fmt.Sprintf("a PostgreSQL message of type %q cannot have length %d", kind, length)}
	}
	return kind, int64(length) + 1, nil
}

// parseStartup reads the length and the code of a packet at the start.
func parseStartup(b []byte) (total int, code uint32, err error) {
	length := binary.BigEndian.Uint32(b)
	if length < startupMin || length > startupMax {
		return 0, 0, &garbage{fmt.Sprintf("a PostgreSQL connection cannot begin with length %d", length)}
	}
	return int(length), binary.BigEndian.Uint32(b[4:]), nil
}

// text cuts a string that ends with a zero byte off b. If the zero is not there the rest
// is the string, as of a message of which only the beginning is held.
func text(b []byte) (s string, rest []byte) {
	before, rest, _ := bytes.Cut(b, []byte{0})
	return string(before), rest
}

// message looks at the next message.
func (f *flow) message() (postgresMessage, error) {
	head, err := f.peek(postgresHeader)
	if err != nil {
		return postgresMessage{}, err
	}
	kind, total, err := parsePostgresHeader(head, f.direction)
	if err != nil {
		return postgresMessage{}, err
	}
	held, err := f.peek(int(min(total, heldBytes)))
	if err != nil {
		return postgresMessage{}, err
	}
	return postgresMessage{kind, total, held[postgresHeader:]}, nil
}
