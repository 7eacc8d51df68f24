// Package postgres is the database port on a real PostgreSQL, through pgxpool.
//
// The adapter is thin: it sets what a service needs on every connection, and it keeps
// three promises of port.DB that pgxpool does not make by itself.
//
//	service -> port.DB -> [ this package ] -> pgxpool -> PostgreSQL
//	                        settings of each session
//	                        "never sent" made visible, "lost" not taken for it
//	                        no way to the bare connection
//
// # What can fail
//
// A call that got no connection, because the pool was exhausted or the server was not in
// reach, fails with a *port.NotDoneError around the cause: nothing was sent. So does a
// transaction that did not begin. A connection that breaks during a COMMIT or a
// batch leaves the outcome unknown, although pgx calls that safe to retry (see explain).
// Everything else is pgx's own error, and port.OutcomeOf tells what it means.
//
// # What the server is told
//
// BEGIN and COMMIT carry the op of the context in which the transaction began as a comment,
// if it has a business key: begin /* CapturePayment{ann/order-7} */. It costs no
// round trip and no statement of the cache, for both go by the simple protocol. A key with
// characters that have no place in a comment is left out.
//
// # What each session gets
//
// Unless the URL says otherwise (it may carry any setting, as in
// postgres://host/db?statement_timeout=5s), a session runs in UTC, a statement may take
// 30 s, a lock may be waited for 10 s, a transaction may idle 60 s, and the server
// looks for dead clients, so that the locks of a lost machine are given up:
//
//	lost machine: tcp_keepalives_* and tcp_user_timeout end its idle sessions
//	during a statement: client_connection_check_interval
package postgres
