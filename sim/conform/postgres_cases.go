package conform

import (
	"embed"
	"path"
	"strings"
	"testing"
)

//go:embed testdata/postgres/*.txt
var postgresFiles embed.FS

const postgresFolder = "testdata/postgres"

// PostgresCases returns the suite: the transcripts, then the cases about the driver.
func PostgresCases() ([]PostgresCase, error) {
	entries, err := postgresFiles.ReadDir(postgresFolder)
	if err != nil {
		return nil, err
	}
	var cases []PostgresCase
	for _, entry := range entries {
		text, err := postgresFiles.ReadFile(path.Join(postgresFolder, entry.Name()))
		if err != nil {
			return nil, err
		}
		more, err := ParsePostgresCases(entry.Name(), string(text))
		if err != nil {
			return nil, err
		}
		cases = append(cases, more...)
	}
	return append(cases, driverCases()...), nil
}

// ParsePostgresCases reads the cases of one transcript. Errors name file and line.
func ParsePostgresCases(name, text string) ([]PostgresCase, error) {
	file, err := parseTranscript(name, text)
	if err != nil {
		return nil, err
	}
	topic := strings.TrimSuffix(name, ".txt")
	cases := make([]PostgresCase, len(file.cases))
	for i, c := range file.cases {
		cases[i] = PostgresCase{
			Topic: topic, Name: c.name, Rule: c.rule, Source: c.source, Refused: c.refused, PoolSize: 1,
			check: func(world PostgresWorld) error {
				return (&player{world: world, judge: compare}).play(c.steps)
			},
		}
	}
	return cases, nil
}

// RefreshPostgres returns the transcript with the outcomes that the arm shows now. The
// result is to be read, not believed.
func RefreshPostgres(t *testing.T, arm PostgresArm, name, text string) string {
	file, err := parseTranscript(name, text)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range file.cases {
		t.Run(c.name, func(t *testing.T) {
			if err := (&player{world: arm.Open(t, 1), judge: record}).play(c.steps); err != nil {
				t.Error(err)
			}
		})
	}
	return file.String()
}
