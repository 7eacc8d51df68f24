// Package value holds the values of the simulated PostgreSQL: what a datum is, which types there
// are, how values compare, how they are read, written and sent, and what operators, functions,
// casts and aggregates do to them. It knows no table, no session and no clock.
//
//	text ──ParseText──▶           ┌─ Compare, Equal, Hash ─▶ indexes, sorting, grouping, joins
//	wire ──DecodeBinary─▶  Value ─┤
//	                              ├─ AppendText, AppendBinary ─▶ the client
//	                              └─ Operator, Function, Cast, Aggregate ─▶ Value
//	                                      ▲
//	                    name and argument types, resolved once per statement
//	                    by the rules of the manual's chapter 10 over the real
//	                    catalog of PostgreSQL 15 (catalog/*.txt)
//
// The catalog lists every operator, function and cast of the server, also those without an
// implementation here: so overloads resolve as they do on the server, and a call that resolves to
// something left out is refused by its full name instead of being mistaken for an error.
//
// What can fail. *Error is the server's own answer, with SQLSTATE and wording, and means that the
// expression has no value. *Unsupported names what PostgreSQL has and the simulation leaves out; a
// run that meets one proves nothing and must stop. Nothing here has side effects.
//
// Text sorts by bytes (collation C) and is UTF-8. Timestamps are microseconds since
// 2000-01-01 00:00 UTC, dates are days since then, as in the server.
//
//simsafe:strict
package value
