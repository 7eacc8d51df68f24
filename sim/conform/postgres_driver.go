package conform

func driverCases() []PostgresCase { return nil }
