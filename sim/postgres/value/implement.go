package value

// An implementation is found by pg_proc.prosrc (catalog/README.md). Most need only their arguments;
// those of polymorphic functions are made for the types at hand.

// maker makes an evaluator for settled argument types.
type maker func(args []*Type, result *Type) Eval

// implementation finds the evaluator of a source; nil if there is none or a type is not simulated.
func implementation(source string, args []*Type, result *Type) Eval {
	for _, t := range args {
		if !t.Simulated() {
			return nil
		}
	}
	for _, table := range evalTables {
		if eval := table[source]; eval != nil {
			return eval
		}
	}
	for _, table := range makerTables {
		if specialise := table[source]; specialise != nil {
			return specialise(args, result)
		}
	}
	return acrossEval(source)
}

// evalTables are the evaluators by subject.
var evalTables = [...]map[string]Eval{
	integerEvals, textEvals, numericEvals, floatEvals, datetimeEvals, clockEvals, jsonbEvals, arrayEvals,
	patternEvals, formatEvals, digestEvals, jsonBuildEvals, jsonTextEvals,
	datetimeFunctions, charEvals, arrayTextEvals, powerEvals, serverHashEvals,
}

// makerTables are the makers by subject.
var makerTables = [...]map[string]maker{arrayMakers, formatMakers, jsonMakers, charMakers, arrayTextMakers, overlapsMakers}

// setMaker makes the evaluator of a set-returning function for settled argument types.
type setMaker func(args []*Type) setEval

func setImplementation(source string, args []*Type) setEval {
	for _, t := range args {
		if !t.Simulated() {
			return nil
		}
	}
	if specialise := setTable[source]; specialise != nil {
		return specialise(args)
	}
	return nil
}

// serverFunction says whether a function needs the server: the executor evaluates it.
func serverFunction(name string) bool {
	switch name {
	case "nextval", "currval", "setval", "lastval", "pg_get_serial_sequence",
		"current_setting", "set_config", "version", "current_database", "current_schema", "current_schemas",
		"current_user", "session_user", "getpgusername", "pg_backend_pid", "pg_sleep", "pg_sleep_for", "pg_sleep_until",
		"pg_current_xact_id", "pg_current_xact_id_if_assigned", "pg_current_snapshot", "pg_xact_status",
		"txid_current", "txid_current_if_assigned", "txid_current_snapshot", "txid_status", "pg_export_snapshot",
		"pg_notify", "pg_listening_channels", "pg_notification_queue_usage",
		"pg_is_in_recovery", "pg_postmaster_start_time", "pg_blocking_pids", "pg_terminate_backend", "pg_cancel_backend",
		"to_regclass", "to_regtype", "to_regnamespace", "pg_table_is_visible", "pg_get_indexdef", "pg_get_constraintdef",
		"pg_get_expr", "obj_description", "col_description", "pg_relation_size", "pg_total_relation_size",
		"has_table_privilege", "has_schema_privilege", "inet_server_addr", "inet_server_port", "inet_client_addr", "inet_client_port":
		return true
	}
	return advisoryLock(name)
}

func advisoryLock(name string) bool {
	switch name {
	case "pg_advisory_lock", "pg_advisory_lock_shared", "pg_advisory_unlock", "pg_advisory_unlock_shared",
		"pg_advisory_unlock_all", "pg_advisory_xact_lock", "pg_advisory_xact_lock_shared",
		"pg_try_advisory_lock", "pg_try_advisory_lock_shared", "pg_try_advisory_xact_lock", "pg_try_advisory_xact_lock_shared":
		return true
	}
	return false
}
