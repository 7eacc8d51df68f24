// Package postgres is the simulated PostgreSQL: a server on a node of a sim.World, sessions
// that execute SQL under MVCC, and a client whose pool, transactions and rows behave as
// pgx's. It executes SQL; it knows no particular statement, table or service.
//
//	client's node                      database's node
//	+-----------------+  statement,    +---------------------------------------------+
//	| port.DB: pool,  |  commit:       | session: a task; transaction, settings      |
//	| tx, rows, batch |--- sim.Conn -->|   |                                         |
//	|  (pgx's shapes) |  one crossing, |   v                                         |
//	|                 |  its fate      | sql.Parse -> analyzer -> plan -> execution  |
//	|                 |<-- rows, tag, -|              (names,    (index,  (frames,   |
//	+-----------------+    SQLSTATE    |               types)     joins)   rows)     |
//	                                   |                   store: rows, locks, waits |
//	                                   +---------------------------------------------+
//
// # A statement
//
// A call takes a connection from the pool, crosses (World.Cross), and travels to the
// session, which plans the text once per server and catalog version. A plan is a tree of
// Go closures over frames: the current row of each relation of a query level. Rows return
// in pgx's binary format, so that scanning is pgx's own.
//
// # What can fail
//
// The server's refusals are *pgconn.PgError with PostgreSQL's SQLSTATE, wording and position. The position
// differs, or is there on one side only, where a definition's keys, schema or collation are refused, a FOR
// UPDATE that cannot be, a literal of a polymorphic function, and rows or UNION branches of another length.
// A connection that breaks before the answer, or a context that ends, leaves the outcome
// unknown: the session goes on with what it has received, and rolls back only when it
// learns that its client is gone. A call that got no connection fails with a *port.NotDoneError, as in
// package system/postgres; errors on a connection before anything was sent answer true to
// pgconn.SafeToRetry. A crash of the database's node ends all sessions and undoes what was
// not committed.
//
// # Cost
//
// Processor time through the whole path, from the client's pool to the session and back, the
// kernel's events and the trace included (go test -bench, one core at 2.5 to 3 GHz): a point
// SELECT 2.8 us and 7 allocations; an inbox INSERT ... ON CONFLICT 3.9 us and 11, the growing
// table's garbage collection included; an event append with jsonb and RETURNING 4.8 us and 30; a claim
// of ten rows of 10,000 with SKIP LOCKED, BEGIN and COMMIT included, 6 us and 53. Rows are looked
// at only where a statement needs them (TestIndexesServe).
//
// # Deliberately not modelled
//
// A statement that needs one of these fails the world with an *Unsupported that names it. Each kind has
// cases in sim/conform/testdata/postgres/refused.txt, which the real server answers:
//
//   - MERGE, recursive queries, LATERAL, views, triggers, rules, functions and procedures of one's own,
//     PL/pgSQL, ROWS FROM, partitions, inheritance, full text, cursors, temporary and unlogged tables, grouping
//     sets, CREATE TABLE AS and LIKE, COPY as a statement, EXPLAIN, REINDEX, CHECKPOINT, CREATE DATABASE, LOAD:
//     services of this kind do without. So they do without SHOW ALL, which no two servers answer alike.
//   - Deferrable and exclusion constraints, two-phase commit, exported snapshots.
//   - Index methods other than btree and hash: no plan here would read them.
//   - Types other than those of value's package doc: times with a zone, "char", domains, composites, ranges,
//     bit strings, geometry, networks, xml.
//   - System catalogs and information_schema as tables, a sequence as one, large objects. ctid, and xmax
//     except where INSERT ... ON CONFLICT returns it: it holds locks as well.
//   - Roles, GRANT and row security: privileges are not checked.
//   - Collations other than C, in which text sorts by bytes; client encodings other than UTF8; other
//     styles of dates, intervals, floats and bytea; settings that would change something else.
//   - Functions that are rare in such services (dates by pattern, jsonpath, statistics, subscripts of
//     jsonb, column lists of functions in FROM), and those whose last digit is the C library's (sin).
//   - The row that a join's alias stands for, DEFAULT beside a set-returning function in VALUES, an outer query's
//     aggregate over a subquery behind WITH.
//   - Arguments by the simple protocol, result formats of a statement without columns.
//
// Statistics do not exist: an index that serves a condition is always used, and the planner's settings
// say nothing. CREATE INDEX CONCURRENTLY takes the lock of CREATE INDEX and waits for no older snapshot.
package postgres
