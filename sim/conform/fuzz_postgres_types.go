package conform

// Statements over k and l, whose keys have several columns, over g, which is large, and with
// parameters: lines below a statement are its arguments, as in a transcript.
const typeRules = `
agg2 = count(v)
| max(id)
xy = (1, 'a')
| (1, 'b')
| (2, 'a')
| (3, 'c')
| (2, NULL)
| (NULL, 'a')
onexy = x = 1 AND y = 'a'
| x = 1 AND y = 'b'
| x = 2 AND y = 'a'
| (x, y) = (3, 'c')
| y = 'a' AND x IN (1, 2)
kset = arr[{lim}] = {int}
| arr = arr || {int}
| arr = '{4,5}'
| arr[NULL] = 1
| arr[3 / (x - 1)] = 1
| arr = array_append(arr, x)
| at = at + interval '1 day'
| at = '2024-03-31 01:30:00+00'
| dy = dy + {int}
| dy = at::date
| sp = sp * 2
| sp = age(dy, date '2024-01-01')
| uid = '00000000-0000-0000-0000-00000000000a'
| bin = bin || '\x02'
| p = p * 1.5
| p = 1
| ok = NOT ok
| y = y || 'x'
| x = x + {lim}
| x = DEFAULT, y = 'd'
kout = *
| x, y, arr[1], arr[2:3]
| x, arr[:2], arr[2:], array_length(arr, 1)
| x, y, at, dy, sp
| x, at::text, dy::text, sp::text
| x, extract(year FROM dy), date_trunc('month', at)
| x, at AT TIME ZONE 'UTC', to_char(at, 'YYYY-MM-DD')
| x, uid, bin, encode(bin, 'hex'), length(bin)
| x, p, p / 2, round(p::numeric, 1), ok IS NULL
| x, unnest(arr)
| x, arr = '{1,2,3}', arr @> ARRAY[1], 2 = ANY(arr)
| x, (ARRAY[[1, 2], [3, 4]])[2][x], (ARRAY[arr, arr])[1:1]
| x, ROW(x, y), (k).y
| x, k
| x, arr[x], arr[NULL], arr[1:NULL]
| x, make_interval(days => x), dy - date '2024-01-01'
| x, array_to_json(arr), to_jsonb(k)->'x'
| x, current_date IS NOT NULL, localtimestamp <= now() + interval '1 day'
| x, cardinality(arr), array_position(arr, 2)
kpred = (x, y) > (1, 'a')
| (x, y) >= (2, 'a')
| (x, y) < ({int}, 'b')
| x = {lim}
| x = {lim} AND y > 'a'
| x = {lim} AND y <= 'b'
| x > 0 AND x < {int}
| y = 'a'
| y IS NULL
| 2 = ANY(arr)
| arr @> '{1}'
| arr && ARRAY[{int}, {int}]
| at > '2024-05-01 00:00+00'
| dy BETWEEN '2024-01-01' AND '2024-12-31'
| sp > interval '1 day'
| uid = '00000000-0000-0000-0000-000000000001'
| bin < '\x02'
| p > 0
| ok
| x = {lim} AND NOT ok
| p IS NULL
| p IN (0.5, -2)
composite.select = SELECT {kout} FROM k WHERE {kpred}
| SELECT {kout} FROM k WHERE {onexy}
| SELECT x, y FROM k ORDER BY x {nulls}, y DESC
| SELECT x, y FROM k ORDER BY x DESC, y DESC
| SELECT x, y FROM k WHERE x = 1 ORDER BY y DESC LIMIT 1
| SELECT y, count(*), max(at), min(dy), sum(sp) FROM k GROUP BY y ORDER BY y
| SELECT array_agg(x ORDER BY y, x), max(p), bool_and(ok), max(at) FROM k
| SELECT l.id, k.p FROM l JOIN k USING (x, y)
| SELECT l.id, k.p FROM l LEFT JOIN k ON k.x = l.x AND k.y = l.y AND {kpred_of_k}
| SELECT k.x, k.y FROM k WHERE NOT EXISTS (SELECT FROM l WHERE l.x = k.x AND l.y = k.y)
| SELECT DISTINCT arr, dy FROM k
| SELECT x, y FROM k UNION SELECT x, y FROM l
| SELECT w FROM l WHERE id = {id} FOR UPDATE
| SELECT x, y FROM k WHERE {onexy} {lock} {policy}
| SELECT xmin::text IS NOT NULL, tableoid = 'k'::regclass FROM k
| SELECT x FROM k x WHERE ok
| SELECT * FROM l WHERE x = {lim} ORDER BY x, y, id
| SELECT id FROM l WHERE x = {lim} AND y IS NULL
| SELECT id FROM l WHERE x IS NULL
kpred_of_k = k.p > 0
| k.ok
| k.arr[1] = {int}
kconflict = ok = NOT k.ok
| arr[2] = excluded.x
| arr = k.arr || excluded.x, p = 3
| p = p + 1
| y = k.y || 'x', at = DEFAULT
composite.insert = INSERT INTO k (x, y) VALUES {xy} {xreturning}
| INSERT INTO k (x, y, arr, p) VALUES (3, 'c', ARRAY[{int}, {int}], {num}) RETURNING *
| INSERT INTO k (x, y, p) VALUES {xyp} ON CONFLICT DO NOTHING
| INSERT INTO k (x, y) VALUES {xy} ON CONFLICT (x, y) DO UPDATE SET {kconflict}
| INSERT INTO k (x, y) VALUES {xy} ON CONFLICT (y, x) DO UPDATE SET ok = k.ok WHERE k.x > 1 RETURNING x
| INSERT INTO k (x, y, p) VALUES {xyp} ON CONFLICT (p) DO NOTHING
| INSERT INTO l (id, x, y) VALUES ({id}, 1, 'a')
| INSERT INTO l (id, x, y) VALUES ({id} + 10, 3, 'c')
| INSERT INTO l (id, x, y) VALUES ({id} + 10, 2, NULL)
| INSERT INTO l (id) VALUES ({id}) RETURNING *
| INSERT INTO l (id, x, y, w) SELECT id + 20, x, y, w FROM l WHERE id = {id}
xyp = (3, 'c', NULL)
| (4, 'c', 0.5)
| (5, 'a', 1), (6, 'a', NULL)
xreturning =
| RETURNING x, y, arr
composite.update = UPDATE k SET {kset} WHERE {onexy} RETURNING *
| UPDATE k SET {kset} WHERE {onexy}
| UPDATE k SET {kset}, p = p WHERE {onexy}
| UPDATE k SET x = x + 5 WHERE {onexy}
| UPDATE k SET y = NULL WHERE {onexy}
| UPDATE l SET x = 2, y = 'a' WHERE id = {id}
| UPDATE l SET y = 'zz' WHERE id = {id}
| UPDATE l SET x = NULL WHERE id = {id}
| UPDATE l SET w = w + 1 WHERE id = {id}
| UPDATE l SET w = l.w + k.x FROM k WHERE k.x = l.x AND k.y = l.y AND l.id = {id} RETURNING l.w
composite.delete = DELETE FROM k WHERE {onexy} RETURNING x, y
| DELETE FROM k WHERE x = 1 AND y > 'a'
| DELETE FROM l WHERE id = {id}
| DELETE FROM l WHERE x = 1 AND y = 'a' AND id > 0
key = 1
| 7
| 66
| 130
| 131
| 395
| 500
large.select = SELECT count(*), sum(v), max(s) FROM g WHERE id < {key}
| SELECT id, v FROM g WHERE id > {key} ORDER BY id LIMIT {lim}
| SELECT id, v FROM g WHERE id < {key} ORDER BY id DESC LIMIT {lim}
| SELECT id FROM g WHERE id BETWEEN {key} AND {key} ORDER BY id DESC
| SELECT v, id FROM g ORDER BY v DESC NULLS LAST, id LIMIT 5
| SELECT v FROM g ORDER BY v NULLS FIRST LIMIT 5
| SELECT count(*) FROM g WHERE v IS NULL
| SELECT count(*) FROM g WHERE v = {int}
| SELECT count(*) FROM g WHERE v > {int} AND v < 6
| SELECT x.id FROM g x JOIN a y ON y.id = x.v WHERE x.id < 9
| SELECT count(*) FROM g x JOIN g y ON y.id = x.v
| SELECT id FROM g WHERE id > {key} ORDER BY id LIMIT {lim} FOR UPDATE SKIP LOCKED
| SELECT s, count(*) FROM g GROUP BY s HAVING count(*) > 20
large.change = INSERT INTO g SELECT i, 1, 'n' FROM generate_series(401, 401 + {key}) i ON CONFLICT DO NOTHING
| INSERT INTO g SELECT -i, 2, NULL FROM generate_series(1, {key}) i
| INSERT INTO g VALUES ({key}, {int}, {str}) ON CONFLICT (id) DO UPDATE SET v = excluded.v
| UPDATE g SET id = -id WHERE id = {key}
| UPDATE g SET id = id + 1000 WHERE id > {key}
| UPDATE g SET v = v + 1 WHERE id > {key}
| DELETE FROM g WHERE id > {key}
| DELETE FROM g WHERE id < {key}
| DELETE FROM g WHERE id = {key} RETURNING *
arguments.select = SELECT id, v FROM {t} WHERE id = $1{arg_id}
| SELECT id FROM {t} WHERE v > $1 AND s = $2{arg_int}{arg2_text}
| SELECT id FROM {t} WHERE id = ANY($1)\n    -- $1 = int64s 1 2 5
| SELECT id FROM {t} WHERE s = ANY($1::text[])\n    -- $1 = strings aa q
| SELECT $1::int + 1, $2::text\n    -- $1 = int64 {lim}\n    -- $2 = null
| SELECT $1\n    -- $1 = string x
| SELECT coalesce($1, 'y')\n    -- $1 = string x
| SELECT id FROM {t} WHERE id > $1 ORDER BY id LIMIT $2{arg_id}\n    -- $2 = int64 {lim}
| SELECT id FROM {t} WHERE $1::bool OR id = 1\n    -- $1 = bool {bool}
| SELECT $1::float8 * 2, $2::numeric\n    -- $1 = float64 0.5\n    -- $2 = string 1.50
| SELECT x FROM k WHERE at > $1 OR uid = $2\n    -- $1 = time 2024-05-01T12:00:00Z\n    -- $2 = uuid 00000000-0000-0000-0000-0000000000ff
| SELECT x FROM k WHERE bin = $1 OR sp > $2\n    -- $1 = bytes ff00\n    -- $2 = duration 1h
| SELECT $1 IS NULL\n    -- $1 = null
| SELECT $1, $1\n    -- $1 = int64 1
| SELECT count(*) FROM {t} WHERE d = $1\n    -- $1 = string low
| SELECT id FROM g WHERE id BETWEEN $1 AND $2 ORDER BY id{arg_id}\n    -- $2 = int64 5
| SELECT generate_series(1, $1)\n    -- $1 = int64 3
arguments.change = INSERT INTO {t} (id, u, v) VALUES ($1, $2, $3) {returning}{arg_id}{arg2_int}\n    -- $3 = int64 2
| INSERT INTO a (id, v, s) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET v = a.v + $2, s = excluded.s{arg_id}{arg2_int}\n    -- $3 = string t
| UPDATE {t} SET v = $2, s = $3 WHERE id = $1{arg_id}{arg2_int}\n    -- $3 = null
| UPDATE {t} SET v = v + $2 WHERE id = $1 AND v >= $2 RETURNING v{arg_id}{arg2_int}
| UPDATE {t} SET j = $1, d = $2 WHERE id = 1\n    -- $1 = string {"k": 3}\n    -- $2 = string high
| DELETE FROM b WHERE id = $1{arg_id}
| INSERT INTO k (x, y, arr, at, uid, bin, p) VALUES ($1, $2, $3, $4, $5, $6, $7)\n    -- $1 = int64 {lim}\n    -- $2 = string c\n    -- $3 = int64s 1 2\n    -- $4 = time 2024-01-02T03:04:05Z\n    -- $5 = uuid 00000000-0000-0000-0000-000000000005\n    -- $6 = bytes 00\n    -- $7 = float64 1.5
arg_id = \n    -- $1 = int64 {id}
arg_int = \n    -- $1 = int64 {int}
arg2_int = \n    -- $2 = int64 {int}
| \n    -- $2 = null
arg2_text = \n    -- $2 = string aa
simple.text = ! SELECT 1; SELECT id FROM a WHERE {one}
| ! UPDATE {t} SET v = v + 1 WHERE {one}; SELECT 1
| ! INSERT INTO {t} (id, v) VALUES ({id}, 1); SELECT 1 / 0
| ! UPDATE a SET v = 1 WHERE {one}; UPDATE b SET v = 2 WHERE {one}
| ! ;
| ! SELECT nothing; SELECT 1
| ! SELECT 1; SELEC
| ! DELETE FROM b WHERE {one}; INSERT INTO b (id, v) VALUES ({id}, {int})
`
