package sql

// Parse reads the statements of text, separated by semicolons; empty ones are skipped. Node
// offsets count from the start of text. The error is *Error or *Unsupported.
func Parse(text string) ([]Statement, error) {
	return nil, &Unsupported{Construct: "everything yet", Position: 1}
}

// ParseOne reads text as the extended protocol does: at most one statement, else 42601. Text
// without one gives *Empty.
func ParseOne(text string) (Statement, error) {
	return nil, &Unsupported{Construct: "everything yet", Position: 1}
}
