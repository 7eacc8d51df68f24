package value

import "strings"

// The SQLSTATEs raised here (PostgreSQL manual, appendix A).
const (
	CodeArraySubscript         = "2202E"
	CodeNotInRepertoire        = "22021"
	CodeDatetimeOverflow       = "22008"
	CodeDivisionByZero         = "22012"
	CodeInvalidArgLog          = "2201E"
	CodeInvalidArgPower        = "2201F"
	CodeInvalidArgWidthBucket  = "2201G"
	CodeInvalidDatetime        = "22007"
	CodeInvalidEscape          = "22025"
	CodeInvalidParameter       = "22023"
	CodeInvalidRegexp          = "2201B"
	CodeInvalidText            = "22P02"
	CodeInvalidBinary          = "22P03"
	CodeNullNotAllowed         = "22004"
	CodeOutOfRange             = "22003"
	CodeStringTruncation       = "22001"
	CodeSubstring              = "22011"
	CodeIntervalOverflow       = "22015"
	CodeAmbiguousFunction      = "42725"
	CodeCannotCoerce           = "42846"
	CodeDatatypeMismatch       = "42804"
	CodeIndeterminateType      = "42P18"
	CodeUndefinedFunction      = "42883"
	CodeUndefinedObject        = "42704"
	CodeUndefinedTable         = "42P01"
	CodeNameTooLong            = "42622"
	CodeInvalidName            = "42602"
	CodeSyntax                 = "42601"
	CodeProgramLimit           = "54000"
	CodeFeatureNotSupported    = "0A000"
	CodeUntranslatable         = "22P05"
	CodeCardinality            = "2203A"
	CodeInvalidJSON            = "22P02"
	CodeInvalidDatetimeZone    = "22009"
	CodeDatatypeLimit          = "54000"
	CodeInvalidTableDefinition = "42P16"
	CodeInternal               = "XX000"
)

// Error is an error of the server as a value. The operation had no effect.
type Error struct {
	Code       string // SQLSTATE
	Message    string
	Detail     string
	Hint       string
	Position   int // 1-based, in characters of the statement; 0: none
	Where      string
	Schema     string
	Table      string
	Column     string
	DataType   string
	Constraint string
}

// Error gives message and SQLSTATE.
func (e *Error) Error() string { return "ERROR: " + e.Message + " (SQLSTATE " + e.Code + ")" }

// newError is an Error with code and message only; the parts are joined.
func newError(code string, parts ...string) *Error {
	return &Error{Code: code, Message: strings.Join(parts, "")}
}

// Unsupported is something that PostgreSQL has and the simulation leaves out. It is never an
// answer to the client: a run that meets one proves nothing and must stop.
type Unsupported struct {
	Construct string // function to_tsvector(text), type inet, ...
}

// Error names the construct.
func (u *Unsupported) Error() string { return "not simulated: " + u.Construct }
