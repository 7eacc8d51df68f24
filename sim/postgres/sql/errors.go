package sql

import (
	"strconv"
	"unicode/utf8"
)

// The SQLSTATEs of this package (PostgreSQL manual, appendix A).
const (
	CodeSyntaxError      = "42601"
	CodeReservedName     = "42939"
	CodeInvalidEscape    = "22025"
	CodeUntranslatable   = "22021" // character_not_in_repertoire: bytes that are not UTF-8
	CodeTooComplex       = "54001"
	CodeNotSupported     = "0A000" // what PostgreSQL's own parser refuses as not implemented
	CodeWindowing        = "42P20"
	CodeInvalidParameter = "22023"
	CodeInvalidObject    = "42P17"
)

// Error is a rejection of the text, worded as PostgreSQL words it. Nothing was executed.
type Error struct {
	Code     string // SQLSTATE
	Message  string
	Detail   string
	Hint     string
	Position int // 1-based, in characters; 0: none
}

// Error gives SQLSTATE and message.
func (e *Error) Error() string {
	return "ERROR: " + e.Message + " (SQLSTATE " + e.Code + ")"
}

// Unsupported is a construct that PostgreSQL has and the simulation leaves out. It is never an
// answer to the client: a run that meets one proves nothing and must stop.
type Unsupported struct {
	Construct string // MERGE, WITH RECURSIVE, ...
	Position  int    // 1-based, in characters
}

// Error names the construct.
func (u *Unsupported) Error() string {
	return "not simulated: " + u.Construct + " at character " + strconv.Itoa(u.Position)
}

// CharPosition turns a byte offset in text into the 1-based character position that PostgreSQL
// reports.
func CharPosition(text string, offset int) int {
	if offset > len(text) {
		offset = len(text)
	}
	return utf8.RuneCountInString(text[:offset]) + 1
}
