package conform

// Expressions over one table's columns, and other parts of statements.
const expressionRules = `
t = a
| b
id = 1
| 2
| 3
| 4
| 5
| 7
int = 0
| 1
| 2
| 3
| 4
| 5
| 6
| 8
| 12
| -1
num = 0.5
| 1
| 2.25
| -3
| 7.125
str = 'x'
| 'aa'
| 'b'
| ''
| 'p%'
| 'long text'
bool = true
| false
json = '{"k": 2}'
| '{}'
| '[1, 2, 3]'
| '{"k": {"l": "z"}, "m": null}'
mood = 'low'
| 'mid'
| 'high'
value = NULL
| 3* {int}
# expressions over one table's columns
ie = v
| id
| u
| {int}
| {ie} + {ie}
| {ie} - {int}
| {ie} * {int}
| coalesce({ie}, {int})
| CASE WHEN {pred} THEN {ie} ELSE {ie} END
| greatest({ie}, {ie})
| least(v, {int})
| length(s)
| abs({ie})
| nullif({ie}, {int})
| -{ie}
| @ {ie}
| (ARRAY[v, u, id])[2]
| (ARRAY[{int}, v])[{lim}]
| CASE v WHEN {int} THEN id END
| CASE WHEN {pred} THEN {ie} END
| (SELECT max(x.v) FROM b x)
| mod(id, 3)
| greatest(v, u, NULL)
| coalesce(NULL, u, v)
| (SELECT x.id FROM a x WHERE x.id = {id})
| cardinality(ARRAY(SELECT x.id FROM b x WHERE x.v > {int}))
| {int}::text::int
| position('a' in s)
ne = n
| round(n::numeric, 1)
| n + {num}
| coalesce(n, 0)
| v / 2.0
| round(n::numeric * {num}, 2)
| -n
| n::numeric(8,1)
| power(2, id)
| @ n
se = s
| upper(s)
| s || {str}
| coalesce(s, {str})
| substr(s, 1, 1)
| v::text
| concat(s, '-', v)
| replace(s, 'a', 'c')
| j->>'k'
| d::text
| lpad(s, 3, '*')
| s || 'x' || v
| substring(s from 1 for 2)
| trim(s)
| md5(s)
| CASE WHEN f THEN s WHEN v > {int} THEN 'y' ELSE {str} END
| nullif(s, {str})
| to_char(v::int, '999')
| left(s, {int})
| quote_literal(s)
| reverse(s)
| s::varchar(1)
| format('%s-%I', s, 'q')
| split_part(coalesce(s, 'a-b'), '-', 1)
| (ARRAY['x', s])[2]
| j #>> '{k,l}'
| (j -> 'k')::text
| array_to_string(ARRAY[s, 'z'], ',', '*')
pred = v > {int}
| v = {int}
| s = {str}
| s IS NULL
| f
| NOT f
| n < {num}
| s LIKE {str}
| v BETWEEN {int} AND {int}
| v IN ({int}, {int}, NULL)
| {pred} AND {pred}
| {pred} OR {pred}
| NOT ({pred})
| j @> '{"k": 1}'
| j ? 'k'
| d > {mood}
| v IS DISTINCT FROM {int}
| v = ANY(ARRAY[{int}, {int}])
| {ie} > {ie}
| EXISTS (SELECT FROM b x WHERE x.v = {int})
| v > (SELECT min(x.v) FROM a x)
| id NOT IN (SELECT x.ref FROM b x WHERE x.ref IS NOT NULL)
| (v, id) > ({int}, {int})
| (v, u) = ({int}, {int})
| (id, v) <> ({id}, {int})
| ROW(v, s) = ROW({int}, {str})
| (v, id) IN (SELECT x.v, x.id FROM b x)
| v = ANY (SELECT x.v FROM b x)
| v <> ALL (SELECT x.v FROM b x WHERE x.v IS NOT NULL)
| v > ALL (ARRAY[{int}, {int}])
| f IS TRUE
| f IS NOT TRUE
| f IS UNKNOWN
| {pred} IS FALSE
| v IS NOT NULL
| s NOT LIKE {str}
| s ILIKE 'A%'
| s ~ '^a'
| NOT v = ANY(ARRAY[{int}, NULL])
| v NOT BETWEEN {int} AND {int}
| v BETWEEN SYMMETRIC {int} AND {int}
| v NOT IN ({int}, {int})
| v IS NOT DISTINCT FROM u
| s IS DISTINCT FROM {str}
| j -> 'k' IS NOT NULL
| j @> '[1]'
| EXISTS (SELECT 1 FROM a x WHERE x.id = {int} AND x.v > {int})
| NOT EXISTS (SELECT FROM b x WHERE x.ref = {id})
| d IN ('low', 'high')
| starts_with(s, 'a')
| ({pred}) = ({pred})
| {int} IN (v, u)
| (SELECT x.f FROM a x WHERE x.id = {id})
| true
| NULL::bool
one = id = {id}
many = id = {id}
| id IN ({id}, {id})
| id >= {id}
| id BETWEEN 1 AND {id}
| id > 0 AND {pred}
| id = {id} AND {pred}
| u = {int}
| id < {id}
| id <= {id} AND id > 0
| id = ANY(ARRAY[{id}, {id}])
| id > {id} AND id < 8
| (id, 0) > ({id}, 1) AND id > 0
lock = FOR UPDATE
| FOR NO KEY UPDATE
| FOR SHARE
| FOR KEY SHARE
policy =
| NOWAIT
| SKIP LOCKED
out = {ie}, {se}
| {ne}, {ie}
| *
| id, v, n, s
| {pred} AS p, {ie}
| count(*) OVER (), {ie}
| DISTINCT {ie} AS x
|  id, {ie} AS y, {se} AS x
| row_number() OVER (ORDER BY id), {se}
| tableoid = tableoid AS same, id
| xmin IS NOT NULL, id
| to_jsonb(s), {ie}
agg = count(*)
| count(v)
| sum({ie})
| min({se})
| max({ie})
| round(avg(v), 4)
| count(DISTINCT v)
| sum(v) FILTER (WHERE {pred})
| bool_and(f)
| array_agg(v ORDER BY id)
| string_agg(s, ',' ORDER BY id)
| jsonb_agg(v ORDER BY id)
| count(*) FILTER (WHERE {pred})
| sum(n::numeric)
| avg(id)
| min(d)
| max(s)
| bool_or({pred})
| every(f)
| array_agg(DISTINCT v)
| string_agg(DISTINCT s, '-')
| json_agg(id ORDER BY id DESC)
| jsonb_object_agg(id, v)
| max(v) - min(v)
| coalesce(sum(v), 0)
| count(DISTINCT (v, f))
| bit_or(v)
| round(avg(n::numeric), 3)
| array_agg(s ORDER BY v DESC NULLS LAST, id)
nulls =
| NULLS FIRST
| NULLS LAST
| DESC
| DESC NULLS LAST
set = v = {ie}
| v = {value}
| u = {value}
| n = {ne}
| s = {str}
| s = {se}
| f = {pred}
| j = {json}
| j = jsonb_set(coalesce(j, '{}'), '{{int}}', '1', true)
| d = {mood}
| v = {int}, n = {num}
| v = DEFAULT
| (v, s) = ({int}, {str})
| v = (SELECT max(x.v) FROM a x)
| (v, s) = (SELECT x.v, x.s FROM a x WHERE x.id = {id})
| (v, n) = (SELECT x.v, 1 FROM b x WHERE x.v = {int})
| j = j || {json}
| j = j - 'k'
| u = u + 10
| f = NOT f, d = DEFAULT
| v = {ie}, s = {se}, n = {ne}
| (v, u) = ROW({int}, DEFAULT)
| s = DEFAULT, n = NULL
| v = 10 / (id - {id})
none =
returning =
| 4* {none}
| 2* RETURNING id, v
| RETURNING *
| RETURNING {ie}
| RETURNING *, {ie} AS x
| RETURNING 10 / (id - {id})
| RETURNING (SELECT count(*) FROM b)
row = ({id}, {value}, {int})
arm = 3* DO NOTHING
| 3* DO UPDATE SET v = excluded.v
| DO UPDATE SET v = {t0}.v + 1
| DO UPDATE SET s = 'z' WHERE {t0}.v < {int}
| DO UPDATE SET (v, s) = (excluded.v, 'y')
| DO UPDATE SET v = excluded.v, s = a.s || 'x' WHERE excluded.v > a.v
| DO UPDATE SET u = NULL
| DO UPDATE SET id = excluded.id + 10
| DO UPDATE SET v = (SELECT max(x.v) FROM b x)
| DO UPDATE SET v = 10 / (a.v - {int})
| DO UPDATE SET v = DEFAULT WHERE 10 / (a.v - {int}) > 0
t0 = a
`

// Statements that fail, each in its way: a value that cannot be computed, wherever one is, and names that
// mean nothing.
const errorRules = `
error.purpose = SELECT 1 / 0
| SELECT v / 0 FROM {t} WHERE {one}
| SELECT nothing FROM a
| INSERT INTO {t} (id, v) VALUES (1, 1)
| INSERT INTO {t} (id, v) VALUES (NULL, 1)
| INSERT INTO b (id, ref) VALUES (30, 99)
| SELECT 'x'::int
| UPDATE {t} SET v = -1 WHERE {one}
| UPDATE {t} SET s = 'much too long a text' WHERE {one}
| SELECT * FROM missing
| UPDATE {t} SET v = v + 2147483647 WHERE {one}
| SELECT CASE WHEN v / 0 > 0 THEN 1 END FROM {t}
| SELECT coalesce(NULL, v / 0) FROM {t}
| SELECT greatest(1, v / 0) FROM {t} WHERE v > 0
| SELECT nullif(v / 0, 1) FROM {t} WHERE v > 0
| SELECT nullif(1, v / 0) FROM {t} WHERE v > 0
| SELECT ARRAY[v / 0] FROM {t} WHERE v > 0
| SELECT ROW(v / 0) FROM {t} WHERE v > 0
| SELECT (ARRAY[1])[v / 0] FROM {t} WHERE v > 0
| SELECT (ARRAY[1])[v / 0 : 2] FROM {t} WHERE v > 0
| SELECT (ARRAY[1])[0 : v / 0] FROM {t} WHERE v > 0
| SELECT v / 0 IN (1, 2) FROM {t} WHERE v > 0
| SELECT v IN (v / 0) FROM {t} WHERE v > 0
| SELECT v / 0 = ANY(ARRAY[1]) FROM {t} WHERE v > 0
| SELECT v / 0 IS NULL FROM {t} WHERE v > 0
| SELECT (v / 0) IS DISTINCT FROM 1 FROM {t} WHERE v > 0
| SELECT 1 IS DISTINCT FROM (v / 0) FROM {t} WHERE v > 0
| SELECT (v / 0)::text FROM {t} WHERE v > 0
| SELECT abs(v / 0) FROM {t} WHERE v > 0
| SELECT -(v / 0) FROM {t} WHERE v > 0
| SELECT 1 + v / 0 FROM {t} WHERE v > 0
| SELECT v / 0 > 1 FROM {t} WHERE v > 0
| SELECT 1 < v / 0 FROM {t} WHERE v > 0
| SELECT (1, v / 0) > (1, 2) FROM {t} WHERE v > 0
| SELECT (v / 0, 1) < (1, 2) FROM {t} WHERE v > 0
| SELECT id FROM {t} ORDER BY v / 0
| SELECT id FROM {t} LIMIT 1 / 0
| SELECT id FROM {t} ORDER BY id OFFSET 'x'
| VALUES (1), (1 / 0)
| SELECT count(*) FILTER (WHERE v / 0 > 1) FROM {t}
| SELECT string_agg(s, ',' ORDER BY v / 0) FROM {t}
| SELECT sum(v::bigint * 9223372036854775807) FROM {t}
| SELECT id FROM {t} WHERE v / 0 > 1
| SELECT id FROM {t} WHERE id = 1 / 0
| SELECT id FROM {t} WHERE id > v / 0
| SELECT s::int FROM {t} WHERE s = 'aa'
| SELECT array_agg(ARRAY[v, v]) FROM {t} WHERE id > 0
| SELECT ARRAY[ARRAY[1, 2], ARRAY[3]]
| SELECT ARRAY[[1, 2], NULL]
| SELECT ARRAY[[v, u], [id, 0]] FROM {t} WHERE {one}
| SELECT (SELECT id FROM {t} WHERE id > 0)
| SELECT 1 = (SELECT 1 / 0 FROM a LIMIT 1)
| UPDATE {t} SET d = 'none' WHERE {one}
| UPDATE {t} SET j = '{bad' WHERE {one}
| INSERT INTO {t} (id, v) VALUES (100, 'x')
| INSERT INTO {t} (id, v) VALUES (101, 99999999999)
| DELETE FROM missing
| SELECT missing_function(1)
| SELECT 1 + 'x'
| SELECT 'x' + true
| SELECT FROM WHERE
| SELECT id FROM a, b
| SELECT x.id FROM a
| SELECT * FROM a JOIN b USING (nothing)
`
