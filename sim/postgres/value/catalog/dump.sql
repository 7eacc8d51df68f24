-- Writes operators.txt, functions.txt and casts.txt from a running PostgreSQL 15. README.md says how.
-- Fields are separated by blanks; - stands for nothing.

create temp view simulated as
  select oid, typname from pg_type where typnamespace = 11
    and (oid in (select split_part(line, ' ', 1)::oid from type_lines line)
      or typelem in (select split_part(line, ' ', 1)::oid from type_lines line)
         and typname like '\_%');

create temp view source as
  select p.oid, case when l.lanname = 'internal' then p.prosrc
                else p.proname || '(' || (select coalesce(string_agg(t.typname, ',' order by n), '')
                       from unnest(p.proargtypes) with ordinality a (t, n) join pg_type t on t.oid = a.t) || ')' end as src
  from pg_proc p join pg_language l on l.oid = p.prolang;

\o operators.txt
select o.oid, o.oprname, coalesce(l.typname, '-'), r.typname, t.typname, p.provolatile, p.proisstrict,
       coalesce((select min(amopstrategy)::text from pg_amop m join pg_opclass c on c.opcfamily = m.amopfamily
          where m.amopmethod = 403 and m.amopopr = o.oid and c.opcdefault), '-'),
       coalesce(nullif(c.oprname, ''), '-'), coalesce(nullif(n.oprname, ''), '-'), s.src
from pg_operator o join pg_proc p on p.oid = o.oprcode join source s on s.oid = p.oid
  left join simulated l on l.oid = o.oprleft join simulated r on r.oid = o.oprright
  join simulated t on t.oid = o.oprresult
  left join pg_operator c on c.oid = o.oprcom left join pg_operator n on n.oid = o.oprnegate
where (o.oprleft = 0) = (l.oid is null)
order by o.oprname collate "C", o.oid;

\o functions.txt
select p.oid, p.proname, p.prokind, p.provolatile, p.proisstrict, p.proretset,
       coalesce(v.typname, '-'), r.typname,
       coalesce((select string_agg(t.typname, ',' order by n) from unnest(p.proargtypes) with ordinality a (t, n)
          join simulated t on t.oid = a.t), '-'),
       coalesce((select string_agg(case when p.proargnames[n] = '' or p.proargnames[n] is null then '-' else p.proargnames[n] end, ',' order by n)
          from generate_subscripts(p.proargnames, 1) n where coalesce(p.proargmodes[n], 'i') in ('i', 'b', 'v')), '-'),
       coalesce((select string_agg(p.proargnames[n] || ':' || t.typname, ',' order by n)
          from generate_subscripts(p.proargmodes, 1) n join simulated t on t.oid = p.proallargtypes[n]
          where p.proargmodes[n] in ('o', 't')), '-'),
       coalesce(replace(replace(pg_get_expr(p.proargdefaults, 0), ', ', ','), ' ', '_'), '-'), replace(s.src, ' ', '_')
from pg_proc p join source s on s.oid = p.oid join simulated r on r.oid = p.prorettype
  left join simulated v on v.oid = p.provariadic
where p.pronamespace = 11 and r.typname not in ('internal', 'trigger', 'event_trigger', 'language_handler', 'fdw_handler',
       'index_am_handler', 'table_am_handler', 'tsm_handler', 'pg_ddl_command', 'cstring')
  and not exists (select from unnest(p.proargtypes) a where a not in (select oid from simulated)
       or a in ('internal'::regtype, 'cstring'::regtype))
order by p.proname collate "C", p.oid;

\o casts.txt
select f.typname, t.typname, c.castcontext, c.castmethod, coalesce(s.src, '-')
from pg_cast c join simulated f on f.oid = c.castsource join simulated t on t.oid = c.casttarget
  left join source s on s.oid = c.castfunc
where c.castsource <> c.casttarget
order by f.typname collate "C", t.typname collate "C";
\o

-- types.txt was written by:
--   select oid, typname, typlen, typcategory, typispreferred, typarray,
--          case when typtype = 'p' then 'p' when typtype in ('r', 'm') then 'r' else 'b' end,
--          replace(format_type(oid, null), ' ', '_')
--   from pg_type where typnamespace = 11 and typtype in ('b', 'p', 'r', 'm') and typrelid = 0
--     and (typelem = 0 or typsubscript::text <> 'array_subscript_handler' or typname in ('oidvector', 'int2vector'))
--     and typname not like '\_%' order by oid;
