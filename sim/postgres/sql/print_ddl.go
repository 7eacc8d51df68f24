package sql

// definition appends a statement of ast_ddl.go; false for others.
func (p *printer) definition(s Statement) bool {
	switch s := s.(type) {
	case *CreateTable:
		p.createTable(s)
	case *AlterTable:
		p.put("ALTER TABLE ")
		p.target(s.IfExists, s.Only, s.Table)
		p.put(" ")
		p.list(len(s.Actions), func(i int) { p.action(s.Actions[i]) })
	case *CreateIndex:
		p.createIndex(s)
	case *Drop:
		p.put("DROP ", objectWord(s.Kind), " ")
		p.putIf(s.Concurrently, "CONCURRENTLY ")
		p.putIf(s.IfExists, "IF EXISTS ")
		p.names(s.Names)
		p.behavior(s.Behavior)
	case *Rename:
		p.rename(s)
	case *SetSchema:
		p.put("ALTER ", objectWord(s.Kind), " ")
		p.target(s.IfExists, s.Only, s.Name)
		p.put(" SET SCHEMA ")
		p.name(s.Schema)
	case *AlterOwner:
		p.put("ALTER ", objectWord(s.Kind), " ")
		p.qualified(s.Name)
		p.put(" OWNER TO ")
		p.name(s.Role)
	case *Truncate:
		p.put("TRUNCATE ")
		p.tables(s.Tables)
		p.putIf(s.RestartIdentity, " RESTART IDENTITY")
		p.behavior(s.Behavior)
	case *Comment:
		p.comment(s)
	default:
		return p.object(s)
	}
	return true
}

// object appends statements about sequences, schemas, types and extensions.
func (p *printer) object(s Statement) bool {
	switch s := s.(type) {
	case *CreateSequence:
		p.put("CREATE ", persistenceWord(s.Persistence), "SEQUENCE ")
		p.putIf(s.IfNotExists, "IF NOT EXISTS ")
		p.qualified(s.Name)
		p.sequenceOptions(" ", s.Options)
	case *AlterSequence:
		p.put("ALTER SEQUENCE ")
		p.target(s.IfExists, false, s.Name)
		p.sequenceOptions(" ", s.Options)
	case *CreateSchema:
		p.put("CREATE SCHEMA")
		p.putIf(s.IfNotExists, " IF NOT EXISTS")
		p.optionalName(" ", s.Name)
		p.optionalName(" AUTHORIZATION ", s.Authorization)
	case *CreateEnum:
		p.put("CREATE TYPE ")
		p.qualified(s.Name)
		p.put(" AS ENUM (")
		p.list(len(s.Labels), func(i int) { p.string(s.Labels[i]) })
		p.put(")")
	case *AlterEnumAdd:
		p.alterEnumAdd(s)
	case *AlterEnumRename:
		p.put("ALTER TYPE ")
		p.qualified(s.Name)
		p.put(" RENAME VALUE ")
		p.string(s.Old)
		p.put(" TO ")
		p.string(s.New)
	case *CreateExtension:
		p.createExtension(s)
	default:
		return false
	}
	return true
}

func (p *printer) alterEnumAdd(s *AlterEnumAdd) {
	p.put("ALTER TYPE ")
	p.qualified(s.Name)
	p.put(" ADD VALUE ")
	p.putIf(s.IfNotExists, "IF NOT EXISTS ")
	p.string(s.Value)
	if s.HasNeighbor {
		p.put(either(s.Before, " BEFORE ", " AFTER "))
		p.string(s.Neighbor)
	}
}

func (p *printer) createExtension(s *CreateExtension) {
	p.put("CREATE EXTENSION ")
	p.putIf(s.IfNotExists, "IF NOT EXISTS ")
	p.name(s.Name)
	p.optionalName(" SCHEMA ", s.Schema)
	if s.Version != "" {
		p.put(" VERSION ")
		p.string(s.Version)
	}
	p.putIf(s.Cascade, " CASCADE")
}

// optionalName appends a name with a word before it, when there is one.
func (p *printer) optionalName(word, name string) {
	if name != "" {
		p.put(word)
		p.name(name)
	}
}

// target appends the object that an ALTER changes.
func (p *printer) target(ifExists, only bool, name QualifiedName) {
	p.putIf(ifExists, "IF EXISTS ")
	p.putIf(only, "ONLY ")
	p.qualified(name)
}

func (p *printer) behavior(b Behavior) {
	p.put([...]string{"", " RESTRICT", " CASCADE"}[b])
}

func (p *printer) tables(list []Table) {
	p.list(len(list), func(i int) { p.table(&list[i]) })
}

func objectWord(kind ObjectKind) string {
	return [...]string{
		"", "TABLE", "INDEX", "SEQUENCE", "SCHEMA", "TYPE", "COLUMN", "CONSTRAINT", "DATABASE", "EXTENSION",
	}[kind]
}

func persistenceWord(kind Persistence) string {
	return [...]string{"", "TEMPORARY ", "UNLOGGED "}[kind]
}

func (p *printer) rename(s *Rename) {
	p.put("ALTER ", objectWord(s.Kind), " ")
	p.target(s.IfExists, s.Only, s.Name)
	p.put(" RENAME ")
	if s.Part != 0 {
		p.put(objectWord(s.Part), " ")
		p.name(s.PartName)
		p.put(" ")
	}
	p.put("TO ")
	p.name(s.NewName)
}

func (p *printer) comment(s *Comment) {
	p.put("COMMENT ON ", objectWord(s.Kind), " ")
	switch s.Kind {
	case ObjectColumn:
		p.qualified(s.Name)
		p.put(".")
		p.name(s.Part)
	case ObjectConstraint:
		p.name(s.Part)
		p.put(" ON ")
		p.qualified(s.Name)
	default:
		p.qualified(s.Name)
	}
	p.put(" IS ")
	if s.Null {
		p.put("NULL")
		return
	}
	p.string(s.Text)
}

func (p *printer) createTable(s *CreateTable) {
	p.put("CREATE ", persistenceWord(s.Persistence), "TABLE ")
	p.putIf(s.IfNotExists, "IF NOT EXISTS ")
	p.qualified(s.Name)
	p.put(" (")
	p.list(len(s.Columns), func(i int) { p.columnDef(&s.Columns[i]) })
	p.putIf(len(s.Columns) > 0 && len(s.Constraints) > 0, ", ")
	p.list(len(s.Constraints), func(i int) { p.constraint(&s.Constraints[i]) })
	p.put(")")
	p.storage(s.Options)
	p.put([...]string{
		"", " ON COMMIT PRESERVE ROWS", " ON COMMIT DELETE ROWS", " ON COMMIT DROP",
	}[s.OnCommit])
	p.optionalName(" TABLESPACE ", s.Tablespace)
}

func (p *printer) storage(list []Option) {
	if len(list) > 0 {
		p.put(" WITH ")
		p.options(list)
	}
}

func (p *printer) options(list []Option) {
	p.put("(")
	p.list(len(list), func(i int) {
		p.settingName(list[i].Name)
		if list[i].Value != nil {
			p.put(" = ")
			p.expr(list[i].Value)
		}
	})
	p.put(")")
}

func (p *printer) columnDef(c *ColumnDef) {
	p.name(c.Name)
	p.put(" ")
	p.typeName(c.Type)
	if c.Collation != nil {
		p.put(" COLLATE ")
		p.qualified(*c.Collation)
	}
	for i := range c.Constraints {
		p.put(" ")
		p.constraint(&c.Constraints[i])
	}
}

// constraint appends a column or table constraint.
func (p *printer) constraint(k *Constraint) {
	if k.Name != "" {
		p.put("CONSTRAINT ")
		p.name(k.Name)
		p.put(" ")
	}
	switch k.Kind {
	case ConstraintNotNull:
		p.put("NOT NULL")
	case ConstraintNull:
		p.put("NULL")
	case ConstraintDefault:
		p.put("DEFAULT ")
		p.operand(k.Expr)
	case ConstraintCheck:
		p.put("CHECK (")
		p.expr(k.Expr)
		p.put(")")
	case ConstraintPrimary:
		p.key("PRIMARY KEY", k)
	case ConstraintUnique:
		p.key(either(k.NullsNotDistinct, "UNIQUE NULLS NOT DISTINCT", "UNIQUE"), k)
	case ConstraintForeign:
		p.foreignKey(k)
	case ConstraintGenerated:
		p.put("GENERATED ALWAYS AS (")
		p.expr(k.Expr)
		p.put(") STORED")
	case ConstraintIdentity:
		p.generated(k.IdentityAlways)
		p.put(" AS IDENTITY")
		p.parenSequenceOptions(k.Sequence)
	}
	p.putIf(k.NoInherit, " NO INHERIT")
	p.putIf(k.NotValid, " NOT VALID")
	p.deferrability(k.Deferrable, k.InitiallyDeferred)
}

func (p *printer) generated(always bool) {
	p.put("GENERATED ", either(always, "ALWAYS", "BY DEFAULT"))
}

func (p *printer) deferrability(deferrable, deferred bool) {
	p.putIf(deferrable, " DEFERRABLE")
	p.putIf(deferred, " INITIALLY DEFERRED")
}

func (p *printer) key(word string, k *Constraint) {
	p.put(word)
	if k.UsingIndex != "" {
		p.optionalName(" USING INDEX ", k.UsingIndex)
		return
	}
	if len(k.Columns) > 0 {
		p.put(" ")
		p.idents(k.Columns)
	}
	p.include(k.Include)
	p.storage(k.Options)
	p.optionalName(" USING INDEX TABLESPACE ", k.Tablespace)
}

func (p *printer) include(list []Ident) {
	if len(list) > 0 {
		p.put(" INCLUDE ")
		p.idents(list)
	}
}

func (p *printer) foreignKey(k *Constraint) {
	if len(k.Columns) > 0 {
		p.put("FOREIGN KEY ")
		p.idents(k.Columns)
		p.put(" ")
	}
	f := k.Foreign
	p.put("REFERENCES ")
	p.qualified(f.Table)
	if len(f.Columns) > 0 {
		p.put(" ")
		p.idents(f.Columns)
	}
	p.putIf(f.MatchFull, " MATCH FULL")
	p.referentialAction(" ON DELETE ", f.OnDelete)
	if len(f.SetColumns) > 0 {
		p.put(" ")
		p.idents(f.SetColumns)
	}
	p.referentialAction(" ON UPDATE ", f.OnUpdate)
}

func (p *printer) referentialAction(event string, a ReferentialAction) {
	if a != NoAction {
		p.put(event, [...]string{"", "RESTRICT", "CASCADE", "SET NULL", "SET DEFAULT"}[a])
	}
}

func (p *printer) createIndex(s *CreateIndex) {
	p.put("CREATE ", either(s.Unique, "UNIQUE INDEX ", "INDEX "))
	p.putIf(s.Concurrently, "CONCURRENTLY ")
	p.putIf(s.IfNotExists, "IF NOT EXISTS ")
	p.optionalName("", s.Name)
	p.put(either(s.Name == "", "ON ", " ON "))
	p.target(false, s.Only, s.Table)
	p.optionalName(" USING ", s.Method)
	p.put(" ")
	p.indexElements(s.Elements)
	p.include(s.Include)
	p.putIf(s.NullsNotDistinct, " NULLS NOT DISTINCT")
	p.storage(s.Options)
	p.optionalName(" TABLESPACE ", s.Tablespace)
	p.where(s.Where)
}

func (p *printer) indexElements(list []IndexElement) {
	p.put("(")
	p.list(len(list), func(i int) {
		e := &list[i]
		if e.Value != nil {
			p.put("(")
			p.expr(e.Value)
			p.put(")")
		} else {
			p.name(e.Column)
		}
		if e.Collation != nil {
			p.put(" COLLATE ")
			p.qualified(*e.Collation)
		}
		if e.OperatorClass != nil {
			p.put(" ")
			p.qualified(*e.OperatorClass)
		}
		p.sortOrder(e.Order, e.Nulls)
	})
	p.put(")")
}

// sequenceOptions appends options, each with the gap before it.
func (p *printer) sequenceOptions(gap string, list []SequenceOption) {
	for i := range list {
		p.put(gap)
		p.sequenceOption(&list[i])
	}
}

func (p *printer) parenSequenceOptions(list []SequenceOption) {
	if len(list) == 0 {
		return
	}
	p.put(" (")
	for i := range list {
		p.putIf(i > 0, " ")
		p.sequenceOption(&list[i])
	}
	p.put(")")
}

func (p *printer) sequenceOption(o *SequenceOption) {
	switch o.Kind {
	case SequenceAs:
		p.put("AS ")
		p.typeName(o.Type)
	case SequenceOwnedBy, SequenceNamed:
		p.put(either(o.Kind == SequenceNamed, "SEQUENCE NAME ", "OWNED BY "))
		for i, part := range o.OwnedBy {
			p.putIf(i > 0, ".")
			p.name(part.Name)
		}
	case SequenceLogged:
		p.put(either(o.None, "UNLOGGED", "LOGGED"))
	case SequenceRestart:
		p.put("RESTART")
		if !o.None {
			p.put(" WITH ")
			p.expr(o.Value)
		}
	default:
		p.putIf(o.None, "NO ")
		p.put([...]string{
			"", "AS", "INCREMENT BY", "MINVALUE", "MAXVALUE", "START WITH", "RESTART", "CACHE", "CYCLE",
		}[o.Kind])
		if o.Value != nil {
			p.put(" ")
			p.expr(o.Value)
		}
	}
}
