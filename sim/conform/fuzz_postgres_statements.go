package conform

var postgresStatements = parseGrammar(expressionRules + rowRules + errorRules + typeRules + definitionRules + migrationRules)

// Statements over the rows of a and b.
const rowRules = `
select.plain = SELECT {out} FROM {t} WHERE {pred}
| SELECT {out} FROM {t} WHERE {many}
| SELECT {out} FROM {t}
| SELECT {out} FROM {t} WHERE {pred} AND {many}
| SELECT * FROM ONLY {t} WHERE {one}
| TABLE {t}
| SELECT x.* FROM {t} AS x WHERE x.{one}
| SELECT x FROM {t} x WHERE x.{one}
| SELECT (x).v FROM {t} x
| SELECT row_to_json(x) FROM (SELECT id, v, s FROM {t}) x
| SELECT
| SELECT 1 WHERE {bool}
| SELECT 1 LIMIT {lim}
| SELECT {out} FROM {t} WHERE u = {int}
| SELECT {out} FROM {t} WHERE u IS NULL
| SELECT v FROM {t} WHERE f AND {one}
select.ordered = SELECT id, {out} FROM {t} WHERE {pred} ORDER BY v {nulls}, id
| SELECT id, s FROM {t} ORDER BY s {nulls}, id LIMIT {lim} OFFSET 1
| SELECT id, v FROM {t} ORDER BY u {nulls}, id DESC LIMIT {lim}
| SELECT id, v, s FROM {t} ORDER BY 2 {nulls}, 1
| SELECT id FROM {t} ORDER BY {ie}, id
| SELECT id, {ie} AS x FROM {t} ORDER BY x {nulls}, id
| SELECT id FROM {t} ORDER BY f {nulls}, d DESC, id LIMIT ALL OFFSET 1
| SELECT id FROM {t} ORDER BY id LIMIT NULL
| SELECT id FROM {t} ORDER BY id LIMIT 0
| SELECT id FROM {t} ORDER BY id OFFSET 2 ROWS FETCH NEXT 2 ROWS ONLY
| SELECT id FROM {t} ORDER BY id LIMIT {int}
| SELECT id FROM {t} ORDER BY id OFFSET {int}
| SELECT id FROM {t} ORDER BY id FETCH FIRST ROW ONLY
| SELECT id FROM {t} WHERE id > 1 ORDER BY id DESC LIMIT {lim}
| SELECT id FROM {t} ORDER BY id DESC
| SELECT id FROM {t} WHERE {many} ORDER BY id LIMIT (SELECT count(*) FROM a WHERE id < 3)
| SELECT id, s FROM {t} ORDER BY s USING <, id
| SELECT u FROM {t} WHERE u > {int} ORDER BY u
lim = 1
| 2
| 3
select.join = SELECT x.id, y.id, y.v FROM a x JOIN b y ON y.ref = x.id
| SELECT x.id, y.id FROM a x LEFT JOIN b y ON y.ref = x.id AND y.v > {int}
| SELECT x.id, y.id FROM a x RIGHT JOIN b y ON y.ref = x.id WHERE y.v < {int}
| SELECT x.id, y.id FROM a x FULL JOIN b y ON y.u = x.u
| SELECT count(*) FROM a CROSS JOIN b
| SELECT u, a.v, b.v FROM a JOIN b USING (u)
| SELECT x.id, y.id FROM a x, b y WHERE y.ref = x.id AND x.v > {int}
| SELECT x.id, y.id, z.id FROM a x JOIN b y ON y.ref = x.id LEFT JOIN b z ON z.u = y.u AND z.v > y.v
| SELECT * FROM (SELECT id, v FROM a) x NATURAL JOIN (SELECT id, u FROM b) y
| SELECT x.id, y.id FROM a x JOIN b y ON x.v = y.v AND x.id <= y.id
| SELECT x.id, y.c FROM a x LEFT JOIN (SELECT ref, count(*) AS c FROM b GROUP BY ref) y ON y.ref = x.id
| SELECT x.id, y.id FROM a x LEFT JOIN b y ON y.ref = x.id WHERE y.id IS NULL
| SELECT x.id, y.id, z.id FROM a x FULL JOIN b y ON y.ref = x.id FULL JOIN b z ON z.id = y.id
| SELECT id, x.v, y.v FROM a x FULL JOIN b y USING (id) ORDER BY id
| SELECT x.id, y.id FROM (a x LEFT JOIN b y ON y.ref = x.id) JOIN b z ON z.id = x.id
| SELECT x.id FROM a x JOIN a y ON y.id = x.u AND y.v BETWEEN x.v AND x.v + {int}
| SELECT x.id, i FROM a x CROSS JOIN generate_series(1, {lim}) i WHERE i <= x.id
| SELECT x.id, y.n FROM a x LEFT JOIN (VALUES (1, 'one'), (2, 'two')) AS y (i, n) ON y.i = x.id
| SELECT x.id, 10 / (y.id - {id}) FROM a x LEFT JOIN b y ON y.ref = x.id
| SELECT x.id FROM a x LEFT JOIN b y ON 10 / (y.id - {id}) > 0
| SELECT x.id FROM a x RIGHT JOIN b y ON x.id = y.ref AND x.f LEFT JOIN k ON k.x = x.id
select.aggregate = SELECT {agg}, {agg} FROM {t}
| SELECT {agg} FROM {t} WHERE {pred}
| SELECT {agg}, {agg}, {agg} FROM {t} WHERE {many}
| SELECT {agg} FROM {t} HAVING count(*) > {int}
| SELECT count(*) FROM {t} x WHERE x.v > (SELECT avg(y.v) FROM {t} y)
| SELECT (SELECT sum(x.v) FROM b x WHERE x.ref = y.id) AS t, y.id FROM a y ORDER BY y.id
select.group = SELECT v, {agg} FROM {t} GROUP BY v
| SELECT f, {agg} FROM {t} GROUP BY f HAVING count(*) > 1
| SELECT v % 2 AS m, {agg} FROM {t} GROUP BY 1 ORDER BY m {nulls}
| SELECT d, count(*) FROM {t} GROUP BY d ORDER BY d {nulls}
| SELECT v, f, {agg} FROM {t} GROUP BY v, f ORDER BY v, f {nulls}
| SELECT {ie} AS x, count(*) FROM {t} GROUP BY x
| SELECT f, {agg} FROM {t} GROUP BY f HAVING {agg2} > {int}
| SELECT id, s, {agg} FROM {t} GROUP BY id
| SELECT count(*) AS c, v FROM {t} GROUP BY v ORDER BY count(*) DESC, v {nulls}
| SELECT v, row_number() OVER (ORDER BY count(*), v) FROM {t} GROUP BY v
| SELECT DISTINCT count(*) FROM {t} GROUP BY f
| SELECT 10 / (v - {int}), count(*) FROM {t} GROUP BY 1
| SELECT f, sum(10 / (v - {int})) FROM {t} GROUP BY f
| SELECT f FROM {t} GROUP BY f HAVING max(10 / (v - {int})) > 1
| SELECT s, sum(v) FROM {t} GROUP BY id
| SELECT s FROM {t} GROUP BY v
select.subquery = SELECT id, (SELECT count(*) FROM b y WHERE y.ref = x.id) FROM a x
| SELECT id FROM a x WHERE EXISTS (SELECT FROM b y WHERE y.ref = x.id AND y.v > {int})
| SELECT id FROM b WHERE ref IN (SELECT id FROM a WHERE {pred})
| SELECT id FROM a WHERE v > ALL (SELECT v FROM b WHERE {pred})
| SELECT max(q.c) FROM (SELECT ref, count(*) AS c FROM b GROUP BY ref) q
| SELECT id, ARRAY(SELECT y.id FROM b y WHERE y.ref = x.id ORDER BY y.id) FROM a x
| SELECT id FROM {t} x WHERE (x.v, x.id) = (SELECT y.v, y.id FROM b y WHERE y.id = {id})
| SELECT id FROM {t} x WHERE x.v IN (SELECT y.v FROM b y WHERE y.id <> x.id)
| SELECT id, (SELECT y.v FROM b y WHERE y.ref = x.id) FROM a x
| SELECT (SELECT v FROM {t})
| SELECT x.id FROM (SELECT id, v FROM {t} WHERE {pred} ORDER BY id LIMIT {lim}) x
| SELECT id FROM {t} x WHERE x.v > ANY (SELECT y.v FROM a y WHERE y.id > {id})
| SELECT id FROM {t} x WHERE x.v NOT IN (SELECT y.v FROM a y WHERE {bool} AND y.v IS NOT NULL)
| SELECT id FROM {t} x WHERE (x.id, x.v) IN (SELECT y.id, y.v FROM a y)
| SELECT id FROM {t} x WHERE (x.id, x.v) NOT IN (SELECT y.u, y.v FROM a y)
| SELECT id FROM {t} x WHERE x.v = ALL (SELECT y.v FROM b y WHERE y.id = x.id)
| SELECT EXISTS (SELECT FROM {t} WHERE {pred}), (SELECT count(*) FROM b)
| SELECT id, (SELECT count(*) FROM (SELECT y.id FROM b y WHERE y.ref = x.id) z) FROM a x
| SELECT id FROM a x WHERE EXISTS (SELECT FROM b y WHERE y.ref = x.id AND EXISTS (SELECT FROM b z WHERE z.id = y.id AND z.v >= x.v))
| SELECT id FROM {t} x WHERE x.v = ANY (SELECT 10 / (y.id - {id}) FROM b y)
select.window = SELECT id, row_number() OVER (ORDER BY v {nulls}, id) FROM {t}
| SELECT id, rank() OVER (PARTITION BY f ORDER BY v), sum(v) OVER (PARTITION BY f ORDER BY id) FROM {t}
| SELECT id, lag(v) OVER (ORDER BY id), lead(v, 2, 0) OVER (ORDER BY id) FROM {t}
| SELECT id, first_value(s) OVER (ORDER BY id), dense_rank() OVER (ORDER BY v) FROM {t}
| SELECT id, count(*) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM {t}
| SELECT id, ntile({lim}) OVER (ORDER BY id), percent_rank() OVER (ORDER BY v {nulls}), cume_dist() OVER (ORDER BY v) FROM {t}
| SELECT id, last_value(v) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING), nth_value(v, {lim}) OVER (ORDER BY id) FROM {t}
| SELECT id, sum(v) OVER w, count(*) FILTER (WHERE {pred}) OVER w FROM {t} WINDOW w AS (ORDER BY id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING)
| SELECT id, sum(id) OVER (ORDER BY v GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM {t}
| SELECT id, max(id) OVER (ORDER BY v GROUPS BETWEEN CURRENT ROW AND 2 FOLLOWING), min(id) OVER (ORDER BY f RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) FROM {t}
| SELECT id, first_value(id) OVER (ORDER BY id ROWS BETWEEN {lim} FOLLOWING AND UNBOUNDED FOLLOWING) FROM {t}
| SELECT id, lag(v, {int}) OVER (ORDER BY id), lag(v, NULL) OVER (ORDER BY id), lead(s, 1, 'none') OVER (PARTITION BY f ORDER BY id) FROM {t}
| SELECT id, ntile({int}) OVER (ORDER BY id) FROM {t}
| SELECT id, ntile(NULL) OVER (ORDER BY id), nth_value(v, NULL) OVER (ORDER BY id) FROM {t}
| SELECT id, nth_value(v, {int}) OVER (ORDER BY id ROWS {lim} PRECEDING) FROM {t}
| SELECT id, count(*) OVER (ORDER BY id ROWS BETWEEN {int} PRECEDING AND {lim} FOLLOWING) FROM {t}
| SELECT id, count(*) OVER (ORDER BY id ROWS BETWEEN CURRENT ROW AND NULL FOLLOWING) FROM {t}
| SELECT id, sum(10 / (v - {int})) OVER (ORDER BY id) FROM {t}
| SELECT id, rank() OVER (ORDER BY 10 / (v - {int})) FROM {t}
| SELECT id, rank() OVER (PARTITION BY 10 / (id - {id}) ORDER BY v) FROM {t}
| SELECT sum(count(*)) OVER (ORDER BY v), v FROM {t} GROUP BY v
| SELECT id, row_number() OVER () > 0, sum(v) OVER () FROM {t}
| SELECT id, array_agg(id) OVER (ORDER BY id ROWS BETWEEN 1 FOLLOWING AND 2 FOLLOWING) FROM {t}
| SELECT id, dense_rank() OVER (w ROWS 1 PRECEDING), rank() OVER w2 FROM {t} WINDOW w AS (PARTITION BY f ORDER BY v), w2 AS (ORDER BY f, v)
| SELECT id, row_number() OVER (ORDER BY id) FROM {t} ORDER BY 2 DESC LIMIT 1
select.cte = WITH x AS (SELECT id, v FROM {t} WHERE {pred}) SELECT count(*), sum(v) FROM x
| WITH x AS (DELETE FROM b WHERE {one} RETURNING id, v) SELECT * FROM x
| WITH x AS (UPDATE {t} SET v = {int} WHERE {one} RETURNING id) INSERT INTO b (id, v) SELECT id + 20, 1 FROM x
| WITH x AS (INSERT INTO {t} (id, v) VALUES ({id}, {int}) ON CONFLICT DO NOTHING RETURNING id) SELECT count(*) FROM x
| WITH x AS (SELECT id, v FROM a), y AS (SELECT id FROM x WHERE v > {int}) SELECT x.id FROM x JOIN y ON y.id = x.id
| WITH x AS NOT MATERIALIZED (SELECT id, v FROM {t}) SELECT id FROM x WHERE {one}
| WITH x (p, r) AS (VALUES ({int}, 'x'), ({int}, NULL)) SELECT p, r FROM x
| WITH x AS (UPDATE a SET v = v + 1 WHERE {one} RETURNING *), y AS (INSERT INTO b (id, v) SELECT id + 30, v FROM x RETURNING id) SELECT * FROM y
| WITH x AS (DELETE FROM b WHERE {one}) SELECT count(*) FROM b
| WITH x AS (INSERT INTO {t} (id, v) VALUES ({id}, {int}) RETURNING id) UPDATE b SET v = 0 WHERE id IN (SELECT id FROM x)
| WITH x AS (UPDATE a SET v = 1 WHERE {one}) UPDATE a SET v = 2 WHERE {one} RETURNING id
| WITH x AS (SELECT {id} AS id) DELETE FROM b WHERE id = (SELECT id FROM x) RETURNING v
| WITH x AS (SELECT 10 / (id - {id}) AS p FROM {t}) SELECT count(p) FROM x
| WITH x AS (UPDATE a SET v = 10 / (id - 2) WHERE {one} RETURNING 1) SELECT 1
select.set = SELECT v FROM a UNION SELECT v FROM b
| SELECT v FROM a UNION ALL SELECT u FROM b
| SELECT v FROM a EXCEPT SELECT v FROM b
| SELECT v FROM a INTERSECT SELECT v FROM b
| SELECT id, v FROM a UNION SELECT id, v FROM b ORDER BY 1, 2
| SELECT v FROM a INTERSECT ALL SELECT v FROM b
| SELECT v FROM a EXCEPT ALL SELECT v FROM b
| SELECT v, s FROM a UNION SELECT u, s FROM b ORDER BY v {nulls}, s LIMIT {lim}
| (SELECT v FROM a ORDER BY id LIMIT 2) UNION ALL (SELECT v FROM b ORDER BY id LIMIT 1)
| SELECT id FROM a UNION ALL SELECT 1.5
| SELECT id::bigint FROM a UNION SELECT id FROM b EXCEPT SELECT {id}
| SELECT s FROM a UNION VALUES ('x'), (NULL)
| SELECT v FROM a UNION SELECT 'x'
| SELECT id, v FROM a UNION SELECT id FROM b
| SELECT id FROM a UNION SELECT id FROM b ORDER BY id + 1
| SELECT count(*) FROM (SELECT v FROM a UNION SELECT v FROM b) x
| SELECT 10 / (id - {id}) FROM a UNION SELECT 1
| SELECT 1 UNION SELECT 10 / (id - {id}) FROM a
| SELECT v FROM a INTERSECT SELECT 10 / (id - {id}) FROM b
| SELECT NULL UNION SELECT 1
| SELECT id FROM b WHERE id IN (SELECT id FROM a UNION SELECT ref FROM b)
select.distinct = SELECT DISTINCT v, f FROM {t}
| SELECT DISTINCT ON (f) f, id FROM {t} ORDER BY f {nulls}, id
| SELECT DISTINCT s, {ie} FROM {t}
| SELECT DISTINCT v FROM {t} ORDER BY v {nulls} LIMIT {lim}
| SELECT DISTINCT ON (v, f) id, v FROM {t} ORDER BY v, f, id DESC
| SELECT DISTINCT f FROM {t} ORDER BY id
| SELECT DISTINCT ON (v) id FROM {t} ORDER BY id
| SELECT DISTINCT ON (10 / (v - {int})) id FROM {t} ORDER BY 10 / (v - {int}), id
| SELECT DISTINCT 10 / (v - {int}) FROM {t}
| SELECT DISTINCT j, d FROM {t}
select.function = SELECT generate_series(1, 3), {int}
| SELECT x, x + {int} FROM unnest(ARRAY[{int}, {int}, NULL]) x
| SELECT now() = transaction_timestamp(), clock_timestamp() >= now()
| SELECT jsonb_build_object('a', v, 's', s) FROM {t}
| SELECT to_jsonb(v), j->'k', j#>>'{k,l}', jsonb_typeof(j) FROM {t}
| VALUES (1, 'x'), (2, 'y')
| SELECT i, ord FROM generate_series(2, {int}) WITH ORDINALITY x (i, ord)
| SELECT * FROM unnest(ARRAY[1, 2, 3], ARRAY['x', 'y']) AS x (i, t)
| SELECT key, value FROM jsonb_each('{"p": 1, "r": [2]}')
| SELECT * FROM jsonb_each_text((SELECT j FROM b WHERE id = {id})) WITH ORDINALITY
| SELECT id, jsonb_array_elements(j) FROM b WHERE jsonb_typeof(j) = 'array'
| SELECT id, jsonb_object_keys(j) FROM b WHERE jsonb_typeof(j) = 'object'
| SELECT id, generate_series(1, id), unnest(ARRAY[v, u]) FROM {t}
| SELECT x FROM generate_series(1, 10 / ({int} - 3)) x
| SELECT generate_series(1, 10 / (id - {id})) FROM {t}
| SELECT * FROM coalesce({int}, 1) x
| SELECT * FROM upper({str}) AS x
| SELECT current_user = session_user, current_database() IS NOT NULL, pg_backend_pid() > 0
| SELECT pg_current_xact_id_if_assigned() IS NULL
| SELECT pg_current_xact_id() >= pg_snapshot_xmin(pg_current_snapshot()), txid_current() > 0
| SELECT pg_snapshot_xmax(pg_current_snapshot()) >= pg_snapshot_xmin(pg_current_snapshot())
| SELECT pg_sleep(0.001), pg_is_in_recovery()
| SELECT pg_blocking_pids(pg_backend_pid())
| SELECT pg_advisory_unlock_shared({lim})
| SELECT statement_timestamp() <= clock_timestamp(), now() <= statement_timestamp()
| SELECT ROW(1, {str}, NULL) IS NULL, ROW(NULL, NULL) IS NULL
| SELECT jsonb_agg(x) FROM (SELECT id, v FROM {t} ORDER BY id) x
| SELECT t, n FROM unnest(ARRAY[{int}, {int}], ARRAY['x']) WITH ORDINALITY AS x (i, t, n)
| SELECT x.i, y.id FROM unnest(ARRAY[1, 2, 10 / ({int} - 3)], ARRAY['x', 'y']) AS x (i, t) LEFT JOIN {t} y ON y.id = x.i
select.lock = 5* SELECT id, v FROM {t} WHERE {many} ORDER BY id {lock} {policy}
| 5* SELECT id FROM {t} WHERE {one} {lock}
| 5* SELECT id, v FROM {t} WHERE {one} FOR UPDATE
| SELECT x.id, y.id FROM a x JOIN b y ON y.ref = x.id WHERE x.id = {id} ORDER BY y.id FOR UPDATE OF y {policy}
| SELECT x.id, y.id FROM a x JOIN b y ON y.ref = x.id WHERE y.id = {id} {lock}
| SELECT x.id, y.id FROM b x LEFT JOIN a y ON y.id = x.ref WHERE x.id = {id} FOR UPDATE OF x {policy}
| SELECT x.id FROM b x LEFT JOIN a y ON y.id = x.ref WHERE x.id = {id} FOR SHARE
| SELECT id FROM {t} WHERE {one} FOR UPDATE OF nothing
| SELECT id FROM {t} x WHERE {one} FOR SHARE OF x FOR UPDATE OF x NOWAIT
| SELECT x.id, i FROM {t} x, generate_series(1, 2) i WHERE x.{one} ORDER BY i FOR UPDATE
| SELECT i FROM {t} x, generate_series(1, 2) i WHERE x.{one} FOR UPDATE OF i
| SELECT count(*) FROM {t} FOR UPDATE
| SELECT DISTINCT v FROM {t} FOR SHARE
| WITH x AS (SELECT id FROM {t} WHERE {one} {lock}) SELECT id FROM x
| SELECT id FROM {t} WHERE id = (SELECT y.ref FROM b y WHERE y.id = {id} FOR SHARE) {lock}
| SELECT id, 10 / (v - {int}) FROM {t} WHERE {one} FOR UPDATE
| SELECT id FROM {t} WHERE u = {int} {lock} {policy}
| SELECT x.id, y.id FROM a x JOIN b y ON y.ref = x.id WHERE x.id = {id} AND y.id = {id} {lock} {policy}
| SELECT x.id, y.id FROM a x, b y WHERE x.id = {id} AND y.id = {id} AND x.v > {int} FOR UPDATE OF y, x
| SELECT x.id, y.id, x.v FROM a x JOIN b y ON y.v = x.v AND y.id > 0 WHERE x.id = {id} FOR UPDATE OF x
| SELECT x.id, y.id FROM a x LEFT JOIN b y ON y.ref = x.id WHERE y.id = {id} {lock}
| SELECT x.id, y.v FROM b x LEFT JOIN a y ON y.id = x.ref AND y.v > x.v WHERE x.id = {id} FOR UPDATE OF x
| SELECT x.id, y.id FROM a x FULL JOIN b y ON y.id = x.id WHERE x.id = {id} FOR NO KEY UPDATE OF x
| SELECT x.id, i.v FROM a x JOIN (VALUES (1, 5), (2, 9), (NULL, 1)) i (id, v) ON i.v >= x.v WHERE x.id = {id} FOR UPDATE OF x
select.claim = SELECT id FROM {t} WHERE id > 0 ORDER BY id LIMIT {lim} {lock} {policy}
| SELECT id FROM {t} WHERE id > 0 AND {pred} ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
| UPDATE {t} SET v = 1 WHERE id = (SELECT id FROM {t} WHERE id > 0 ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id
| WITH c AS MATERIALIZED (SELECT id FROM {t} WHERE id > 0 ORDER BY id LIMIT {lim} FOR UPDATE SKIP LOCKED) DELETE FROM b WHERE id IN (SELECT id FROM c) RETURNING id
| DELETE FROM b WHERE id = (SELECT id FROM b WHERE id > 0 ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id
insert.row = 2* INSERT INTO {t} (id, u, v) VALUES {row} {returning}
| INSERT INTO {t} (id, u, v) VALUES {row}, {row}
| INSERT INTO {t} (id, u, v, s, n) VALUES ({id}, {value}, {int}, {str}, {num})
| INSERT INTO b (id, ref, v) VALUES ({id}, {id}, {int})
| 3* INSERT INTO b (id, ref, v) VALUES ({id} + 10, {id}, {int})
| INSERT INTO {t} VALUES ({id}, {int})
| INSERT INTO {t} (id, v) VALUES ({id}, {int} / ({int} - 3))
| INSERT INTO {t} (id, v, d) VALUES ({id}, {int}, {mood}) RETURNING id, d
| INSERT INTO {t} AS z (id, u, v) VALUES {row} RETURNING z.id, z.v + 1
| INSERT INTO b (id, ref, v, j) VALUES ({id} + 40, {id}, DEFAULT, {json}) RETURNING *
insert.default = INSERT INTO {t} (v) VALUES ({int}) RETURNING id
| INSERT INTO {t} DEFAULT VALUES RETURNING *
| INSERT INTO {t} (id, v) SELECT id + 10, v FROM {t} WHERE {one} {returning}
| INSERT INTO {t} (id, v, u) SELECT nextval('q') + 10, {int}, {value} RETURNING id
| INSERT INTO {t} (id, v) VALUES (DEFAULT, {int}) RETURNING id
| INSERT INTO {t} (id, v) TABLE a
| INSERT INTO {t} (id, v) SELECT id + 60, 10 / (v - {int}) FROM {t} WHERE {many}
| INSERT INTO b (id, v) SELECT x.id + 70, y.v FROM a x JOIN b y ON y.ref = x.id ON CONFLICT DO NOTHING RETURNING id
| INSERT INTO {t} (id, id) VALUES (1, 2)
| INSERT INTO {t} (id, v) VALUES (1, 2, 3)
| INSERT INTO {t} (id, v, nothing) VALUES (1, 2, 3)
insert.conflict = INSERT INTO a (id, u, v) VALUES {row} ON CONFLICT (id) {arm} {returning}
| INSERT INTO {t} (id, u, v) VALUES {row} ON CONFLICT DO NOTHING {returning}
| INSERT INTO {t} (id, u, v) VALUES {row}, {row} ON CONFLICT (id) DO NOTHING
| INSERT INTO a (id, u, v, f) VALUES ({id}, {int}, {int}, true) ON CONFLICT (u) WHERE f {arm}
| INSERT INTO a (id, u, v) VALUES ({id} + 10, {int}, {int}) ON CONFLICT (u) {arm} {returning}
| INSERT INTO a (id, u, v) VALUES {row} ON CONFLICT ON CONSTRAINT a_pkey {arm} {returning}
| INSERT INTO a (id, v) SELECT id, v FROM b WHERE id > 0 ORDER BY id ON CONFLICT (id) DO UPDATE SET v = excluded.v + a.v
| INSERT INTO a (id, u, v) VALUES {row}, {row} ON CONFLICT (id) {arm} {returning}
| INSERT INTO a (id, u, v) VALUES (1, 1, 1), (1, 2, 2) ON CONFLICT (id) {arm}
| INSERT INTO b (id, u, v) VALUES {row} ON CONFLICT (u) DO NOTHING
| INSERT INTO b (id, u, v) VALUES {row} ON CONFLICT (u) WHERE v > 2 DO UPDATE SET v = b.v + 1
| INSERT INTO b (id, u, v) VALUES {row} ON CONFLICT ((u + 1)) DO NOTHING
| INSERT INTO a (id, v) VALUES ({id}, {int}) ON CONFLICT (v) DO NOTHING
| INSERT INTO a (id, v) VALUES ({id}, {int}) ON CONFLICT ON CONSTRAINT nothing DO NOTHING
| INSERT INTO a AS z (id, u, v) VALUES {row} ON CONFLICT (id) DO UPDATE SET v = z.v + excluded.v WHERE z.f RETURNING z.v
| INSERT INTO a (id, u, v) VALUES {row} ON CONFLICT (id) DO UPDATE SET v = excluded.v RETURNING xmax = xmax
update.row = 3* UPDATE {t} SET {set} WHERE {one} {returning}
| 4* UPDATE {t} SET v = v + 1 WHERE {one}
| 3* UPDATE {t} SET v = v + {int} WHERE {one} AND v > {int}
| UPDATE {t} SET {set}, j = {json} WHERE {one}
| UPDATE {t} AS x SET v = x.v + 1 WHERE x.{one} RETURNING x.*
| UPDATE {t} SET (v, u) = (u, v) WHERE {one}
| UPDATE {t} SET nothing = 1 WHERE {one}
| UPDATE {t} SET v = 1, v = 2 WHERE {one}
update.many = UPDATE {t} SET {set} WHERE {many} {returning}
| 2* UPDATE {t} SET v = v - 1 WHERE id > 0
update.key = UPDATE {t} SET id = {id} WHERE {one}
| UPDATE {t} SET id = id + 10 WHERE {one} RETURNING id
| UPDATE {t} SET u = {value} WHERE {one}
| UPDATE b SET ref = {id} WHERE {one}
update.from = UPDATE a SET v = a.v + x.v FROM b x WHERE x.id = a.id AND a.id = {id} RETURNING a.id, a.v, x.v
| UPDATE b SET s = x.s FROM a x WHERE x.id = b.ref AND b.id = {id}
| UPDATE a SET v = x.c FROM (SELECT count(*) AS c FROM b) x WHERE a.id = {id}
| UPDATE a SET v = y.v FROM b x, b y WHERE x.ref = a.id AND y.id = x.id AND a.id = {id}
| UPDATE b SET v = b.v + x.v FROM a x JOIN k ON k.x = x.id WHERE x.id = b.ref AND b.id = {id} AND k.y = 'a'
| UPDATE a SET v = x.v FROM (VALUES (1, 10), (2, 20)) AS x (id, v) WHERE x.id = a.id AND a.id = {id} RETURNING a.id, x.v
| UPDATE a SET v = a.v + 1 FROM b x LEFT JOIN b y ON y.id = x.u WHERE x.id = a.id AND a.id = {id} RETURNING y.id
| UPDATE b SET v = a.v FROM a WHERE a.id = b.ref AND b.id = {id} AND a.v > b.v
delete.row = 2* DELETE FROM {t} WHERE {one} {returning}
| DELETE FROM {t} WHERE {many} {returning}
| DELETE FROM b WHERE ref = {id}
delete.using = DELETE FROM b USING a WHERE a.id = b.ref AND b.id = {id} RETURNING b.id, a.v
| DELETE FROM a USING b WHERE b.id = a.id AND a.id = {id}
| DELETE FROM b USING (SELECT {id} AS id) x WHERE x.id = b.id
| DELETE FROM b USING a LEFT JOIN k ON k.x = a.id WHERE a.id = b.ref AND b.id = {id}
| DELETE FROM b x USING b y WHERE y.id = x.id + 1 AND x.id = {id} AND y.v > {int} RETURNING x.*
truncate.table = TRUNCATE b
| TRUNCATE a
| TRUNCATE a CASCADE
| TRUNCATE b RESTART IDENTITY
| TRUNCATE a, b
| TRUNCATE a, b RESTART IDENTITY
| TRUNCATE missing
| TRUNCATE a CONTINUE IDENTITY RESTRICT
lock.table = LOCK TABLE {t} IN {mode} MODE {wait}
| LOCK TABLE a, b IN {mode} MODE NOWAIT
| LOCK {t}
| LOCK missing
| LOCK TABLE ONLY k IN SHARE MODE
wait =
| NOWAIT
mode = ACCESS SHARE
| ROW SHARE
| ROW EXCLUSIVE
| SHARE UPDATE EXCLUSIVE
| SHARE
| SHARE ROW EXCLUSIVE
| EXCLUSIVE
| ACCESS EXCLUSIVE
advisory.lock = SELECT pg_advisory_xact_lock({lim})
| SELECT pg_advisory_lock({lim})
| SELECT pg_try_advisory_lock({lim})
| SELECT pg_try_advisory_xact_lock({lim})
| SELECT pg_advisory_xact_lock_shared({lim})
| SELECT pg_advisory_unlock({lim})
| SELECT pg_advisory_unlock_all()
| SELECT pg_advisory_lock(1, {lim})
| SELECT pg_advisory_lock_shared({lim})
| SELECT pg_advisory_unlock_shared({lim})
| SELECT pg_try_advisory_lock_shared({lim})
| SELECT pg_advisory_unlock(1, {lim})
| SELECT pg_try_advisory_xact_lock_shared(1, {lim})
| SELECT pg_advisory_xact_lock(1, {lim})
sequence.use = SELECT nextval('q')
| SELECT currval('q')
| SELECT lastval()
| SELECT setval('q', {lim})
| SELECT setval('q', 2, false)
| SELECT nextval('q'), currval('q')
| SELECT setval('q', {int}, {bool})
| SELECT nextval('a_id_seq')
| INSERT INTO a (v) VALUES (nextval('q')) RETURNING v
| SELECT nextval('q') FROM generate_series(1, 3)
savepoint.use = SAVEPOINT x
| SAVEPOINT y
| ROLLBACK TO SAVEPOINT x
| ROLLBACK TO y
| RELEASE x
| RELEASE SAVEPOINT y
| SAVEPOINT x
| RELEASE nothing
| ROLLBACK TO nothing
| SAVEPOINT z
| ROLLBACK TO z
| RELEASE z
`
