// Package conform holds the simulated servers to the real ones: one suite of cases per
// port, run against both.
//
// A case is one rule of a server, with the sentence that states it, the section of the
// documentation that it comes from, and a script. An arm is a server under the suite,
// real or simulated. A divergence between the arms is a bug of the simulated one, however
// useful it was.
//
//	testdata/postgres/*.txt      cases as transcripts
//	postgres_driver.go, ...      cases as Go, where the contract of port.DB is the matter
//	          |
//	    RunPostgres(t, arm)      one subtest per case; the runner is sequential code
//	          |
//	     PostgresWorld           Start, Settle, Await
//	      /         \
//	 real arm     simulated arm
//	 goroutines,  kernel tasks,
//	 pg_locks     the kernel knows who waits
//
// # The PostgreSQL arm
//
// The runner plays several sessions against one database. A session has its own
// client, that is a pool of connections, and does one thing at a time. The runner holds
// no goroutine: it hands a session a piece of Work with Start and asks the world to let
// time pass with Settle or Await. The three calls are all that an arm implements:
//
//	Start(s, work)   hands work to s's task and returns at once
//	Settle(s)        lets time pass until s's work has returned, or waits for a lock
//	Await(a, b)      lets time pass until the work of one of them has returned
//
// In the real arm a task is a goroutine, and whether it waits for a lock is asked of
// pg_locks over a second connection. In the simulated arm a task is a task of the
// kernel; Settle and Await step the kernel, from outside it, until the condition holds
// or nothing more can happen. No two tasks need to run at the same instant, and the
// runner touches what a piece of Work has written only after Await or Settle
// reported its return.
//
// Work receives the clock of its node, so that cases with time-outs run in virtual time
// in the simulated arm. It must not start tasks or block on anything but the database and
// the clock.
//
// # Transcripts
//
// A file is a list of cases. A case has a name, its rule and source, and steps:
//
//	== update re-checks its condition after a lock wait
//	rule: After waiting, UPDATE tests its WHERE on the newest version of the row.
//	source: PostgreSQL documentation, 13.2.1 Read Committed Isolation Level
//
//	setup> CREATE TABLE stock (sku text PRIMARY KEY, units int);
//	       INSERT INTO stock VALUES ('tea', 1)
//
//	s1> BEGIN
//	BEGIN
//
//	s1> UPDATE stock SET units = units - 1 WHERE sku = 'tea'
//	UPDATE 1
//
//	s2> UPDATE stock SET units = units - 1 WHERE sku = $1 AND units > 0
//	    -- $1 = string tea
//	blocks
//
//	s1> COMMIT
//	COMMIT
//
//	s2 resumes
//	UPDATE 0
//
//	s2> SELECT sku, units FROM stock
//	sku:text | units:int4
//	tea | 0
//	SELECT 1
//
// A case whose construct the simulated server leaves out on purpose says so in a third line
// of its header, with the name that the server's refusal gives:
//
//	refused: MERGE
//
// The real server must answer as the script says, and the simulated one must refuse, by
// that name. A refusal that no case announces is a failure like any other divergence.
//
// The steps:
//
//	NAME> SQL              one statement through Query, which prepares it; indented lines
//	                       continue it, and "-- $n = TYPE VALUE" among them is an argument
//	NAME!> SQL             the same through Exec, which sends a statement without
//	                       arguments by the simple protocol, where it may be several
//	setup> SQL             through Exec; it must succeed and nothing is written below it
//	NAME resumes           the statement that blocked returns now; its outcome stands below
//	NAME still blocks      it still waits
//
// The outcomes, written below a step and compared line by line:
//
//	column:type | ...      the columns, with PostgreSQL's names of their types
//	value | ...            a row; NULL is the null, text that could be misread is quoted
//	UPDATE 1               the command tag, last; (no tag) of an empty statement
//	ERROR 23505 k=v ...    a refusal with SQLSTATE and the fields schema, table, column,
//	                       datatype and constraint, those that the server set
//	MESSAGE, DETAIL, HINT  may follow ERROR; compared only if written
//	FAILS text             an error that is not an answer of the server
//	blocks                 the statement waits for a lock
//	deadlock with NAME     one of the two got ERROR 40P01 and is called victim from now on,
//	                       the other, which has yet to resume, survivor
//
// Rows are compared as a multiset unless the statement contains ORDER BY. BEGIN (with
// ISOLATION LEVEL, READ ONLY and so on), COMMIT and ROLLBACK go through BeginTx and
// the pgx.Tx; a COMMIT that rolled back is written ROLLBACK, as the server says it.
// Everything else is sent as it stands. A line that begins with # is a comment.
//
// The argument types are int64, int32, int16, float64, bool, string, octets (a string in hex), bytes (hex), time (RFC
// 3339), duration, uuid, strings, int64s (separated by spaces) and null. Their Go values
// are encoded by pgx for the parameter type that the server inferred.
//
// # Lockstep fuzzing
//
// PostgresFuzz draws scripts of two to six sessions over a few related tables and plays each step on
// both arms. An arm is quiet when all work has returned or waits for a lock, and has waited longer
// than deadlock_timeout: the last of a circle to wait is then its victim on both. Quiet arms must agree on
// who has returned with what, and who waits for whom (pg_blocking_pids). Excused, and counted, are
// a 40001 for read/write dependencies on one arm only, another victim, what several sessions do
// that were woken at once, and a join over two rows of one key that a snapshot shows. A failure
// is printed as a case, with as few steps as show it, to be named and kept in found.txt:
//
//	make conform-fuzz                                    20,000 new scripts
//	make conform-cover                                   how much of the executor they reach
//	go test ./sim/conform -run TestPostgresFuzz          500, always the same
//	make conform-planted                                 faults that the suite must notice
//
// # Planted faults
//
// Who judges the judge: each patch of testdata/planted plants a fault in a simulated server, and says in
// its first line what is wrong then. With it a case of the suite must turn red, without any none.
// What only a fuzzer sees becomes a case.
//
// RabbitFuzz draws a topology and moves of five channels on three connections, plays them on
// the simulated broker, and holds the real one to the transcript: after each step it must
// bring the same deliveries, confirms, returns and closes, and each queue must hold as much
// and be consumed from as often. What AMQP and RabbitMQ leave open is not drawn; RabbitPlan
// lists it.
//
//	make conform-fuzz-rabbitmq                           5,000 new scripts
//	go test ./sim/conform -run TestRabbitMQFuzz          100, always the same
//
// # Refreshing
//
//	go test ./sim/conform -run TestPostgresReal -update
//
// rewrites the outcomes from the real server. Each changed line is then read against
// the rule above it before it is kept: a transcript states what is right, not what was seen.
package conform
