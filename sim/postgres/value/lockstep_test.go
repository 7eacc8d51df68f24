//go:build lockstep

package value_test

import (
	"flag"
	"math/rand"
	"os"
	"strings"
	"testing"
)

// TestLockstep asks a real PostgreSQL 15, named by libpq's PG* variables, thousands of random
// expressions: every operator, function and cast of the catalog over samples of its types.
//
//	go test -tags lockstep ./sim/postgres/value -run TestLockstep -lockstep 7
//
// What is Unsupported here counts as no divergence.
var lockstepSeed = flag.Int64("lockstep", 1, "compare random expressions of this seed with a real PostgreSQL")

const triesPerRow = 14

// samples are expressions by the name of their type.
var samples = map[string]string{
	"bool":        `true | false | NULL::bool`,
	"bytea":       `'\x'::bytea | '\x0102ff'::bytea | 'abc'::bytea`,
	"uuid":        `'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid | '00000000-0000-0000-0000-000000000000'::uuid`,
	"json":        `'{"a":1,"b":[1,"x",null],"c":{"d":"e"}}'::json | '[1, 2.50, "x", null, {"a": true}]'::json | '"s"'::json | 'null'::json | '12'::json`,
	"jsonb":       `'{"a":1,"b":[1,"x",null],"c":{"d":"e"}}'::jsonb | '[1, 2.50, "x", null]'::jsonb | '"s"'::jsonb | 'null'::jsonb | '12'::jsonb | '{}'::jsonb | '[]'::jsonb | '["a","b"]'::jsonb`,
	"int2":        `0::int2 | 7::int2 | (-3)::int2 | 32767::int2 | (-32768)::int2 | 1::int2`,
	"int4":        `0 | 7 | -3 | 2147483647 | (-2147483648) | 1 | 2 | NULL::int | 100`,
	"int8":        `0::int8 | 7::int8 | (-3)::int8 | 9223372036854775807 | (-9223372036854775808) | 1::int8 | 123456789012`,
	"oid":         `0::oid | 16::oid | 4294967295::oid`,
	"xid8":        `'5'::xid8 | '700'::xid8`,
	"numeric":     `0::numeric | 1.5 | -2.25 | 123456789.987654321 | 1e20::numeric | 0.00001 | 'NaN'::numeric | 'Infinity'::numeric | '-Infinity'::numeric | 3.0 | -7`,
	"float4":      `0::float4 | 1.5::float4 | (-2.25)::float4 | 1e30::float4 | 'NaN'::float4 | 'Infinity'::float4 | 3::float4 | 0.1::float4`,
	"float8":      `0::float8 | 1.5::float8 | (-2.25)::float8 | 1e300::float8 | 'NaN'::float8 | 'Infinity'::float8 | '-Infinity'::float8 | 3::float8 | 0.1::float8 | -3::float8`,
	"text":        `''::text | 'abc'::text | 'héllo wörld'::text | 'a,b,c'::text | '%b_'::text | 'a'::text | 'b'::text | '12'::text | 'month'::text | 'day'::text | NULL::text | 'UTC'::text | '  pad '::text`,
	"varchar":     `'abc'::varchar | ''::varchar`,
	"bpchar":      `'abc'::char(5) | ''::char(2) | 'abd'::char(3)`,
	"name":        `'abc'::name | 'b'::name`,
	"timestamptz": `'2026-11-23 21:44:49.123456+00'::timestamptz | '2000-02-29 00:00+00'::timestamptz | 'infinity'::timestamptz | '0044-03-15 12:00+00 BC'::timestamptz | '1969-12-31 23:59:59.9+00'::timestamptz | '2024-01-31 10:00+00'::timestamptz`,
	"timestamp":   `'2026-11-23 21:44:49.123456'::timestamp | '2000-02-29 00:00'::timestamp | '-infinity'::timestamp | '0044-03-15 12:00 BC'::timestamp | '1969-12-31 23:59:59.9'::timestamp | '2024-01-31 10:00'::timestamp`,
	"date":        `'2026-11-23'::date | '2000-02-29'::date | 'infinity'::date | '-infinity'::date | '0044-03-15 BC'::date | '2024-01-31'::date`,
	"time":        `'00:00'::time | '21:44:49.123456'::time | '24:00'::time`,
	"interval":    `'0'::interval | '1 year 2 mons 3 days 04:05:06.789'::interval | '-1 day +02:03'::interval | '1 month'::interval | '-25 hours'::interval | '35 days'::interval | '1 mon -1 day'::interval | '00:00:00.000001'::interval`,
	"pg_snapshot": `'10:20:10,14,15'::pg_snapshot`,
	"_int4":       `'{1,2,3}'::int[] | '{}'::int[] | '{NULL,2}'::int[] | '{{1,2},{3,4}}'::int[] | '[0:1]={7,8}'::int[] | NULL::int[]`,
	"_text":       `'{a,b}'::text[] | '{}'::text[] | '{a,NULL,"x y"}'::text[] | '{0,a}'::text[]`,
	"any":         `1 | 'x'::text | 1.5 | true | NULL::int | '2026-11-23'::date`,
	"anyarray":    `'{a,b}'::text[] | '{1,2}'::int[] | '{{1,2},{3,4}}'::int[]`,
}

// stand maps the pseudo-types to those whose samples they take.
var stand = map[string]string{
	"anyelement": "any", "anynonarray": "any", "anycompatible": "int4", "anycompatiblenonarray": "int4", "anycompatiblearray": "_int4",
}

// unsteady are functions that depend on the server's state or clock, or whose answer version 15 leaves to
// undefined behaviour.
var unsteady = map[string]bool{
	"now": true, "clock_timestamp": true, "statement_timestamp": true, "transaction_timestamp": true, "random": true, "setseed": true, "timeofday": true,
	"gen_random_uuid": true, "current_query": true, "version": true, "age": true, "factorial": true, "generate_series": true, "make_interval": true,
	"make_date": true, "make_timestamp": true, "make_timestamptz": true, "regclass": true, "current_database": true, "current_schema": true,
	"current_schemas": true, "current_setting": true, "current_user": true, "nextval": true, "setval": true, "currval": true, "set_config": true,
}

type sampler struct{ *rand.Rand }

// pick is a random sample of a type.
func (r sampler) pick(typ string) (string, bool) {
	if other, ok := stand[typ]; ok {
		typ = other
	}
	list, ok := samples[typ]
	if !ok {
		return "", false
	}
	choices := strings.Split(list, " | ")
	return choices[r.Intn(len(choices))], true
}

func (r sampler) picks(types []string) ([]string, bool) {
	var list []string
	for _, typ := range types {
		sample, ok := r.pick(typ)
		if !ok {
			return nil, false
		}
		list = append(list, "("+sample+")")
	}
	return list, true
}

// catalogRows reads a file of the catalog.
func catalogRows(t *testing.T, name string) [][]string {
	data, err := os.ReadFile("catalog/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]string
	for line := range strings.Lines(string(data)) {
		rows = append(rows, strings.Fields(line))
	}
	return rows
}

func (r sampler) operators(t *testing.T) (list []string) {
	for _, f := range catalogRows(t, "operators.txt") {
		types := []string{f[2], f[3]}
		if f[2] == "-" {
			types = types[1:]
		}
		for range triesPerRow {
			operands, ok := r.picks(types)
			if !ok {
				break
			}
			list = append(list, strings.Join(append(append([]string{}, operands[:len(operands)-1]...), f[1], operands[len(operands)-1]), " "))
		}
	}
	return list
}

func (r sampler) functions(t *testing.T) (list []string) {
	for _, f := range catalogRows(t, "functions.txt") {
		name := f[1]
		if f[2] != "f" || unsteady[name] || f[8] == "-" || strings.Contains(name, "pg_") || strings.Contains(name, "_hash") || strings.HasSuffix(name, "send") {
			continue
		}
		for range triesPerRow {
			types := strings.Split(f[8], ",")
			if f[6] != "-" {
				types[len(types)-1] = f[6]
				for range r.Intn(3) {
					types = append(types, f[6])
				}
			}
			args, ok := r.picks(types)
			if !ok {
				break
			}
			switch name {
			case "repeat", "lpad", "rpad":
				args[1] = string("0123456789"[r.Intn(10)])
			}
			list = append(list, `"`+name+`"(`+strings.Join(args, ", ")+")")
		}
	}
	return list
}

func (r sampler) casts() (list []string) {
	types := strings.Fields("bool bytea uuid json jsonb int2 int4 int8 oid numeric float4 float8 text varchar bpchar name timestamptz timestamp date time interval _int4 _text")
	for _, from := range types {
		for _, to := range types {
			for range 6 {
				sample, _ := r.pick(from)
				if elem, ok := strings.CutPrefix(to, "_"); ok {
					list = append(list, "("+sample+")::"+elem+"[]")
					continue
				}
				list = append(list, "("+sample+")::"+to)
			}
		}
	}
	return list
}

func TestLockstep(t *testing.T) {
	r := sampler{rand.New(rand.NewSource(*lockstepSeed))}
	expressions := append(append(r.operators(t), r.functions(t)...), r.casts()...)
	answers := ask(t, expressions)
	unsupported := 0
	for i, expression := range expressions {
		got := answer(expression, "UTC")
		switch {
		case strings.HasPrefix(got, "UNSUPPORTED"):
			unsupported++
		case got != answers[i]:
			t.Errorf("%s\n--- simulated\n%s\n--- PostgreSQL\n%s", expression, got, answers[i])
		}
	}
	t.Logf("%d expressions, %d of them not simulated", len(expressions), unsupported)
}

// ask lets the server answer each expression.
func ask(t *testing.T, expressions []string) []string {
	var script strings.Builder
	script.WriteString(answerer)
	for _, expression := range expressions {
		script.WriteString("SELECT pg_temp.answer($golden$" + expression + "$golden$);\n")
	}
	return askScript(t, script.String(), len(expressions))
}
