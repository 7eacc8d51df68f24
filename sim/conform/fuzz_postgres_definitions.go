package conform

// Definitions and settings. What a session defines bears its own name: {session} stands for it.
// Definitions that meet in the system catalogs (two sessions make one schema) are ordered there by
// locks that no manual describes; those on shared tables are ordered by the table locks.
const definitionRules = `
own.create = CREATE TABLE m_{session} (id int PRIMARY KEY, v int, s text)
| CREATE TABLE IF NOT EXISTS m_{session} (id bigserial PRIMARY KEY, v int DEFAULT 3 NOT NULL, s text, r int REFERENCES a (id), CHECK (v > 0), UNIQUE (s))
| CREATE TABLE m_{session} (id smallserial, v numeric(5,2) NULL, s varchar(5) DEFAULT 'é' COLLATE "C", CONSTRAINT m_{session}_key PRIMARY KEY (id) INCLUDE (v))
| CREATE TABLE m_{session} (id int GENERATED ALWAYS AS IDENTITY (START 3 INCREMENT BY 2), v int, s text, w int GENERATED ALWAYS AS (v + 1) STORED)
| CREATE TABLE z_{session}.t (id int PRIMARY KEY, v int)
| CREATE TABLE nowhere.t (id int)
| CREATE TABLE m_{session} (id int, v int, v int)
| CREATE TABLE m_{session} (id int PRIMARY KEY, v int PRIMARY KEY)
| CREATE TABLE m_{session} (id int, UNIQUE (id, nothing))
| CREATE TABLE m_{session} (id int, UNIQUE (id, id))
| CREATE TABLE m_{session} (id int REFERENCES g (v))
| CREATE TABLE m_{session} (id int REFERENCES a (nothing))
| CREATE TABLE m_{session} (id int, nothing_here text REFERENCES a)
| CREATE TABLE m_{session} (id int, FOREIGN KEY (nothing) REFERENCES a)
| CREATE TABLE m_{session} (id int, FOREIGN KEY (id) REFERENCES k)
| CREATE TABLE m_{session} (id int, v int DEFAULT id)
| CREATE TABLE m_{session} (id int, v int DEFAULT 'x')
| CREATE TABLE m_{session} (id int, v int DEFAULT true)
| CREATE TABLE m_{session} (id int, v int GENERATED ALWAYS AS (random()) STORED)
| CREATE TABLE m_{session} (id int, v int GENERATED ALWAYS AS (true) STORED)
| CREATE TABLE m_{session} (id int, CHECK (id))
| CREATE TABLE m_{session} (id int, CHECK (nothing > 0))
| CREATE TABLE m_{session} (id missing_type)
| CREATE TABLE m_{session} (id int, v int REFERENCES m_{session})
| CREATE TABLE m_{session} (id int PRIMARY KEY, v int DEFAULT NULL REFERENCES m_{session} (id) ON DELETE CASCADE, s text DEFAULT upper('x'))
| CREATE TABLE m_{session} (j json PRIMARY KEY)
| CREATE TABLE m_{session} (id int, a_rather_long_column_name_that_goes_into_the_name_of_its_constraint int UNIQUE CHECK (a_rather_long_column_name_that_goes_into_the_name_of_its_constraint > 0))
| CREATE TABLE m_{session} (t t_{session}, ts t_{session}[])
own.drop = DROP TABLE m_{session}
| DROP TABLE IF EXISTS m_{session}
| DROP TABLE m_{session} CASCADE
| DROP TABLE IF EXISTS z_{session}.t, m_{session}
| DROP SCHEMA z_{session}
| DROP SCHEMA IF EXISTS z_{session} CASCADE
| DROP TYPE t_{session}
| DROP TYPE IF EXISTS t_{session}
| DROP SEQUENCE q_{session}
| DROP SEQUENCE IF EXISTS q_{session}
| DROP SEQUENCE m_{session}_id_seq
| DROP SEQUENCE m_{session}_id_seq CASCADE
| DROP SEQUENCE m_{session}_e_seq
| DROP INDEX i_{session}
| DROP INDEX IF EXISTS i_{session}, j_{session}
| DROP INDEX m_{session}_pkey
| DROP TABLE i_{session}
| DROP INDEX m_{session}
| DROP SEQUENCE m_{session}
| DROP TABLE q_{session}
| DROP TYPE mood_missing
| DROP EXTENSION IF EXISTS pgcrypto
own.schema = CREATE SCHEMA z_{session}
| CREATE SCHEMA IF NOT EXISTS z_{session}
| SET search_path = z_{session}, public
| SET search_path TO public
| SELECT current_schema, current_schemas(false)
| SELECT to_regclass('t') IS NULL, to_regclass('m_{session}') IS NULL
| INSERT INTO z_{session}.t (v) VALUES (1), (2) RETURNING v
| SELECT v FROM z_{session}.t
| COMMENT ON TABLE m_{session} IS 'mine'
| ALTER TABLE m_{session} OWNER TO CURRENT_USER
own.type = CREATE TYPE t_{session} AS ENUM ('one', 'two')
| ALTER TYPE t_{session} ADD VALUE 'three'
| ALTER TYPE t_{session} ADD VALUE IF NOT EXISTS 'zero' BEFORE 'one'
| ALTER TYPE t_{session} ADD VALUE 'half' AFTER 'nothing'
| ALTER TYPE t_{session} RENAME VALUE 'one' TO 'eins'
| SELECT 'two'::t_{session} > 'one'::t_{session}
| SELECT enum_range(NULL::t_{session})
| INSERT INTO m_{session} (t, ts) VALUES ('two', '{one,two}') RETURNING t, ts
own.sequence = CREATE SEQUENCE q_{session} MINVALUE 2 MAXVALUE 6
| CREATE SEQUENCE IF NOT EXISTS q_{session} START 5
| CREATE SEQUENCE q_{session} MINVALUE 5 MAXVALUE 4
| CREATE SEQUENCE q_{session} MINVALUE 5 START 3
| CREATE SEQUENCE q_{session} MAXVALUE 5 START 7
| CREATE SEQUENCE q_{session} INCREMENT BY 0
| CREATE SEQUENCE q_{session} AS bigint INCREMENT -3 OWNED BY m_{session}.v
| ALTER SEQUENCE q_{session} RESTART
| ALTER SEQUENCE q_{session} RESTART WITH 4 INCREMENT BY 2
| ALTER SEQUENCE q_{session} OWNED BY m_{session}.id
| ALTER SEQUENCE q_{session} OWNED BY NONE
| ALTER SEQUENCE q_{session} OWNED BY m_{session}.nothing
| ALTER SEQUENCE IF EXISTS q_missing RESTART
| SELECT nextval('q_{session}')
| SELECT setval('q_{session}', {int})
| SELECT setval('q_{session}', 100, true)
| SELECT currval('q_{session}'), lastval()
| SELECT pg_get_serial_sequence('m_{session}', 'id')
| SELECT nextval('m_{session}')
| SELECT nextval('q_missing')
own.alter = ALTER TABLE m_{session} ADD COLUMN c int
| ALTER TABLE m_{session} ADD COLUMN IF NOT EXISTS c int DEFAULT 7 CHECK (c > 0)
| ALTER TABLE m_{session} ADD COLUMN c int NOT NULL
| ALTER TABLE m_{session} ADD COLUMN c bigserial
| ALTER TABLE m_{session} ADD COLUMN c int UNIQUE DEFAULT 3
| ALTER TABLE m_{session} ADD COLUMN c int GENERATED ALWAYS AS (v * 2) STORED, ADD COLUMN c2 text DEFAULT 'y'
| ALTER TABLE m_{session} ADD COLUMN c int REFERENCES a ON DELETE CASCADE
| ALTER TABLE m_{session} ADD COLUMN v int
| ALTER TABLE m_{session} ADD COLUMN c int DEFAULT (random() * 0)::int
| ALTER TABLE m_{session} ADD COLUMN c int GENERATED ALWAYS AS (100 / (v - 2)) STORED
| ALTER TABLE m_{session} DROP COLUMN v
| ALTER TABLE m_{session} DROP COLUMN IF EXISTS c
| ALTER TABLE m_{session} DROP COLUMN id CASCADE
| ALTER TABLE m_{session} DROP COLUMN id
| ALTER TABLE m_{session} DROP COLUMN nothing
| ALTER TABLE m_{session} ALTER COLUMN v TYPE bigint
| ALTER TABLE m_{session} ALTER COLUMN v TYPE text USING v::text || '!'
| ALTER TABLE m_{session} ALTER COLUMN s TYPE int
| ALTER TABLE m_{session} ALTER COLUMN s TYPE int USING 1 / v
| ALTER TABLE m_{session} ALTER COLUMN s TYPE varchar(2)
| ALTER TABLE m_{session} ALTER COLUMN id TYPE bigint
| ALTER TABLE m_{session} ALTER COLUMN v SET DEFAULT 9
| ALTER TABLE m_{session} ALTER COLUMN v DROP DEFAULT
| ALTER TABLE m_{session} ALTER COLUMN v SET DEFAULT 'x'
| ALTER TABLE m_{session} ALTER COLUMN v SET NOT NULL
| ALTER TABLE m_{session} ALTER COLUMN s SET NOT NULL
| ALTER TABLE m_{session} ALTER COLUMN v DROP NOT NULL
| ALTER TABLE m_{session} ALTER COLUMN v ADD GENERATED BY DEFAULT AS IDENTITY
| ALTER TABLE m_{session} ALTER COLUMN e SET GENERATED BY DEFAULT SET INCREMENT BY 3 RESTART WITH 20
| ALTER TABLE m_{session} ALTER COLUMN e DROP IDENTITY
| ALTER TABLE m_{session} ALTER COLUMN w DROP EXPRESSION
| ALTER TABLE m_{session} ALTER COLUMN nothing SET DEFAULT 1
| ALTER TABLE IF EXISTS m_missing ADD COLUMN c int
| ALTER TABLE m_missing ADD COLUMN c int
own.constraint = ALTER TABLE m_{session} ADD CONSTRAINT m_check CHECK (v > 0)
| ALTER TABLE m_{session} ADD CONSTRAINT m_check CHECK (v > 1)
| ALTER TABLE m_{session} ADD CONSTRAINT m_check CHECK (v < 100 AND length(s) < 3) NOT VALID
| ALTER TABLE m_{session} ADD CHECK (v <> 5)
| ALTER TABLE m_{session} ADD UNIQUE (v, s)
| ALTER TABLE m_{session} ADD CONSTRAINT m_unique UNIQUE (v)
| ALTER TABLE m_{session} ADD PRIMARY KEY (v)
| ALTER TABLE m_{session} ADD CONSTRAINT m_key PRIMARY KEY (s)
| ALTER TABLE m_{session} ADD CONSTRAINT m_ref FOREIGN KEY (v) REFERENCES a (id)
| ALTER TABLE m_{session} ADD FOREIGN KEY (v) REFERENCES a NOT VALID
| ALTER TABLE m_{session} ADD FOREIGN KEY (v) REFERENCES m_{session} (id) ON DELETE SET NULL
| ALTER TABLE m_{session} ADD FOREIGN KEY (v, s) REFERENCES k
| ALTER TABLE m_{session} DROP CONSTRAINT m_check
| ALTER TABLE m_{session} DROP CONSTRAINT IF EXISTS m_unique CASCADE
| ALTER TABLE m_{session} DROP CONSTRAINT m_{session}_pkey
| ALTER TABLE m_{session} DROP CONSTRAINT m_{session}_pkey CASCADE
| ALTER TABLE m_{session} DROP CONSTRAINT m_ref
| ALTER TABLE m_{session} RENAME CONSTRAINT m_check TO m_check2
| ALTER TABLE m_{session} RENAME CONSTRAINT m_unique TO m_unique2
| ALTER TABLE m_{session} RENAME CONSTRAINT m_ref TO m_ref2
| ALTER TABLE m_{session} RENAME CONSTRAINT nothing TO other
| ALTER TABLE m_{session} RENAME CONSTRAINT m_{session}_pkey TO m_check
own.rename = ALTER TABLE m_{session} RENAME COLUMN v TO s
| ALTER TABLE m_{session} RENAME s TO s2
| ALTER TABLE m_{session} RENAME COLUMN s2 TO s
| ALTER TABLE m_{session} RENAME COLUMN nothing TO other
| ALTER TABLE m_{session} RENAME TO o_{session}
| ALTER TABLE IF EXISTS o_{session} RENAME TO m_{session}
| ALTER TABLE m_{session} RENAME TO a
| ALTER INDEX i_{session} RENAME TO j_{session}
| ALTER INDEX IF EXISTS j_{session} RENAME TO i_{session}
own.index = CREATE INDEX i_{session} ON m_{session} (v)
| CREATE UNIQUE INDEX i_{session} ON m_{session} (v)
| CREATE UNIQUE INDEX IF NOT EXISTS i_{session} ON m_{session} (s DESC NULLS LAST)
| CREATE INDEX i_{session} ON m_{session} (lower(s), (v + 1)) INCLUDE (id) WHERE v > 0
| CREATE INDEX j_{session} ON m_{session} ((1 / (v - 2)))
| CREATE INDEX ON m_{session} (v, s)
| CREATE INDEX ON m_{session} ((v + 1), (s || 'x'))
| CREATE INDEX i_{session} ON m_{session} (nothing)
| CREATE INDEX i_{session} ON m_{session} ((random()))
| CREATE INDEX i_{session} ON m_{session} (v) WHERE random() > 0
| CREATE INDEX i_{session} ON m_missing (v)
own.rows = INSERT INTO m_{session} (v, s) VALUES ({int}, {str}) {returning_any}
| INSERT INTO m_{session} (id, v, s) VALUES ({id}, {int}, 'y') ON CONFLICT DO NOTHING
| INSERT INTO m_{session} DEFAULT VALUES RETURNING *
| INSERT INTO m_{session} (id, v) OVERRIDING SYSTEM VALUE VALUES ({id}, {int})
| INSERT INTO m_{session} (e, v) OVERRIDING USER VALUE VALUES (70, {int}) RETURNING *
| INSERT INTO m_{session} (id, e) VALUES ({id}, 5)
| INSERT INTO m_{session} SELECT * FROM m_{session} WHERE id = 0
| UPDATE m_{session} SET v = v + 1
| UPDATE m_{session} SET s = 'new', v = DEFAULT
| UPDATE m_{session} SET w = 1
| UPDATE m_{session} SET id = id + 50 WHERE id = {id}
| DELETE FROM m_{session} WHERE v = {int}
| DELETE FROM m_{session}
| SELECT * FROM m_{session}
| SELECT count(*), max(v) FROM m_{session}
| SELECT * FROM o_{session}
| SELECT * FROM m_s1
| SELECT v FROM m_s1 WHERE id = 1 FOR SHARE
| UPDATE m_s1 SET v = v + 1 WHERE id = 1
| TRUNCATE m_{session} RESTART IDENTITY CASCADE
returning_any =
| RETURNING *
session.set = SET lock_timeout = 0
| SHOW transaction_isolation
| SET TRANSACTION READ ONLY
| SET LOCAL statement_timeout = '20s'
| SET statement_timeout = 15000
| SHOW statement_timeout
| SET idle_in_transaction_session_timeout TO '3min'
| SHOW idle_in_transaction_session_timeout
| SET lock_timeout TO DEFAULT
| SET lock_timeout = '1.5 s'
| SET lock_timeout = '2h'
| SET lock_timeout = '1d'
| SET lock_timeout = '5 parsecs'
| SET lock_timeout = 'soon'
| SET lock_timeout = -1
| 3* SET lock_timeout = '1ms'
| 3* SET LOCAL lock_timeout = '1ms'
| SET statement_timeout = '1min'
| SET DateStyle = 'ISO'
| SHOW DateStyle
| SET client_encoding = 'UTF8'
| SHOW client_encoding
| SET search_path = DEFAULT
| SHOW search_path
| SET random_page_cost = 1.1
| SHOW random_page_cost
| SET random_page_cost = 'x'
| SET work_mem = 'much'
| SET work_mem = 4096
| SET extra_float_digits = 'x'
| SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY
| SET TIME ZONE DEFAULT
| SET TIME ZONE LOCAL
| SET TIME ZONE -5
| SET statement_timeout = '30000000us'
| SHOW lock_timeout
| SET TIME ZONE 'Europe/Berlin'
| SET timezone = 'Nowhere/Land'
| SET TIME ZONE 3
| SHOW TimeZone
| SET application_name = 'fuzz'
| RESET application_name
| SHOW application_name
| RESET statement_timeout
| RESET lock_timeout
| RESET idle_in_transaction_session_timeout
| SHOW transaction_deferrable
| SELECT current_setting('application_name'), current_setting('no.such', true) IS NULL
| SELECT set_config('application_name', 'by function', {bool})
| SELECT current_setting('nothing')
| SET work_mem = '8MB'
| SHOW work_mem
| SET my.variable = 'x'
| SELECT set_config('my.variable', 'y', {bool})
| SET nothing = 1
| SHOW nothing
| RESET nothing
| SET server_version = '1'
| SET enable_sort = on
| SET enable_sort TO yes
| SET enable_sort = maybe
| SET extra_float_digits = 1
| SET synchronous_commit = off
| SET synchronous_commit = sometimes
| SET default_transaction_isolation = 'repeatable read'
| SHOW default_transaction_isolation
| SET default_transaction_read_only = on
| SET default_transaction_read_only = 0
| SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ WRITE
| SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED
| SET TRANSACTION ISOLATION LEVEL REPEATABLE READ
| SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED
| SET TRANSACTION READ WRITE
| SET transaction_isolation = 'serializable'
| SET transaction_read_only = on
| SHOW transaction_read_only
| RESET ALL
| DISCARD ALL
| DISCARD PLANS
| DISCARD SEQUENCES
| DEALLOCATE ALL
| LISTEN news
| UNLISTEN news
| UNLISTEN *
| NOTIFY news
| NOTIFY news, 'text'
| LISTEN olds
| UNLISTEN olds
| NOTIFY olds, 'x'
| DISCARD TEMP
| SELECT pg_notify('news', 'text')
| ANALYZE m_{session}
| VACUUM g
transaction.chain = COMMIT AND CHAIN
| ROLLBACK AND CHAIN
ddl.table = ALTER TABLE b ADD COLUMN extra int DEFAULT 5
| ALTER TABLE b DROP COLUMN IF EXISTS extra
| CREATE INDEX ON b (v)
| CREATE TABLE IF NOT EXISTS c (id int PRIMARY KEY)
| DROP TABLE IF EXISTS c
| ALTER TABLE a ADD CONSTRAINT low CHECK (v < 1000)
| ALTER TABLE a DROP CONSTRAINT IF EXISTS low
| ALTER TABLE l ALTER COLUMN w TYPE bigint
| ALTER TABLE l ALTER COLUMN w SET DEFAULT 3
| ALTER TABLE l ALTER COLUMN w SET NOT NULL
| ALTER TABLE k RENAME COLUMN p TO p2
| DROP TABLE l
| DROP TABLE k
| DROP TABLE g
| TRUNCATE k, l
| TRUNCATE g
| ALTER SEQUENCE q RESTART
| ALTER TABLE a RENAME COLUMN n TO nn
`
