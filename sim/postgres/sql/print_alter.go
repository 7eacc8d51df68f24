package sql

// action appends one action of ALTER TABLE.
func (p *printer) action(a AlterAction) {
	switch a := a.(type) {
	case *AddColumn:
		p.put("ADD COLUMN ")
		p.putIf(a.IfNotExists, "IF NOT EXISTS ")
		p.columnDef(&a.Column)
	case *DropColumn:
		p.put("DROP COLUMN ")
		p.target(a.IfExists, false, QualifiedName{Name: a.Name})
		p.behavior(a.Behavior)
	case *AddConstraint:
		p.put("ADD ")
		p.constraint(&a.Constraint)
	case *AlterConstraint:
		p.put("ALTER CONSTRAINT ")
		p.name(a.Name)
		p.deferrability(a.Deferrable, a.InitiallyDeferred)
	case *ValidateConstraint:
		p.put("VALIDATE CONSTRAINT ")
		p.name(a.Name)
	case *DropConstraint:
		p.put("DROP CONSTRAINT ")
		p.target(a.IfExists, false, QualifiedName{Name: a.Name})
		p.behavior(a.Behavior)
	case *SetOptions:
		if a.Column != "" {
			p.column(a.Column)
			p.put(" ")
		}
		p.put(either(a.Reset, "RESET ", "SET "))
		p.options(a.Options)
	case *SetLogged:
		p.put(either(a.Unlogged, "SET UNLOGGED", "SET LOGGED"))
	case *OwnerTo:
		p.put("OWNER TO ")
		p.name(a.Role)
	default:
		p.columnAction(a)
	}
}

func (p *printer) column(name string) {
	p.put("ALTER COLUMN ")
	p.name(name)
}

// columnAction appends the actions on one column.
func (p *printer) columnAction(a AlterAction) {
	switch a := a.(type) {
	case *AlterColumnType:
		p.columnType(a)
	case *AlterColumnDefault:
		p.column(a.Name)
		if a.Value == nil {
			p.put(" DROP DEFAULT")
			return
		}
		p.put(" SET DEFAULT ")
		p.expr(a.Value)
	case *AlterColumnNotNull:
		p.column(a.Name)
		p.put(either(a.Drop, " DROP NOT NULL", " SET NOT NULL"))
	case *AddIdentity:
		p.column(a.Name)
		p.put(" ADD ")
		p.generated(a.Always)
		p.put(" AS IDENTITY")
		p.parenSequenceOptions(a.Sequence)
	case *SetIdentity:
		p.setIdentity(a)
	case *DropIdentity:
		p.column(a.Name)
		p.put(" DROP IDENTITY", either(a.IfExists, " IF EXISTS", ""))
	case *DropExpression:
		p.column(a.Name)
		p.put(" DROP EXPRESSION", either(a.IfExists, " IF EXISTS", ""))
	case *SetStatistics:
		p.column(a.Column)
		p.put(" SET STATISTICS ")
		p.int(int64(a.Target))
	}
}

func (p *printer) columnType(a *AlterColumnType) {
	p.column(a.Name)
	p.put(" TYPE ")
	p.typeName(a.Type)
	if a.Collation != nil {
		p.put(" COLLATE ")
		p.qualified(*a.Collation)
	}
	if a.Using != nil {
		p.put(" USING ")
		p.expr(a.Using)
	}
}

func (p *printer) setIdentity(a *SetIdentity) {
	p.column(a.Name)
	if a.SetGenerated {
		p.put(" SET ")
		p.generated(a.Always)
	}
	for i := range a.Sequence {
		p.put(either(a.Sequence[i].Kind == SequenceRestart, " ", " SET "))
		p.sequenceOption(&a.Sequence[i])
	}
}
