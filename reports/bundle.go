package reports

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/squallhq/squall/invariants"
)

// The files of a run's folder. The raw data is written before anything is judged, so that a
// judge that fails, or is wrong, loses nothing.
const (
	evidenceFile = "run.json"
	historyFile  = "history.json"
	attemptsFile = "attempts.jsonl"
	outcomeFile  = "summary.json"
	textFile     = "report.txt"
	// PlanFile is the run's plan, and LogsFolder holds the logs of its containers.
	PlanFile   = "plan.json"
	LogsFolder = "logs"
)

// HoldsRun says whether a run is kept in a folder.
func HoldsRun(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, evidenceFile))
	return err == nil
}

// ClearRun removes what an earlier run has left in a folder, so that nobody takes its verdict for
// that of a later one. It leaves a folder alone that holds no run.
func ClearRun(dir string) error {
	if !HoldsRun(dir) {
		return nil
	}
	for _, name := range []string{evidenceFile, historyFile, attemptsFile, outcomeFile, textFile, PlanFile, LogsFolder} {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("clear an earlier run: %w", err)
		}
	}
	return nil
}

// SaveRun writes what a run on containers has left behind into a folder, which is made if need be.
func SaveRun(dir string, e *Evidence, h *invariants.History) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("save run: %w", err)
	}
	e.Sent = len(e.Attempts)
	for name, v := range map[string]any{evidenceFile: e, historyFile: h} {
		text, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("save %s: %w", name, err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return fmt.Errorf("save run: %w", err)
		}
	}
	return saveAttempts(filepath.Join(dir, attemptsFile), e.Attempts)
}

func saveAttempts(path string, attempts []Attempt) (err error) {
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("save attempts: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	buffered := bufio.NewWriter(file)
	encoder := json.NewEncoder(buffered)
	for _, a := range attempts {
		if err := encoder.Encode(a); err != nil {
			return fmt.Errorf("save attempts: %w", err)
		}
	}
	return buffered.Flush()
}

// LoadRun reads what SaveRun wrote. Its errors name the file.
func LoadRun(dir string) (*Evidence, *invariants.History, error) {
	e, h := new(Evidence), new(invariants.History)
	if err := readJSON(filepath.Join(dir, evidenceFile), e); err != nil {
		return nil, nil, err
	}
	if e.Seed == "" {
		return nil, nil, fmt.Errorf("%s: not what a run leaves behind: it has no seed", filepath.Join(dir, evidenceFile))
	}
	if err := readJSON(filepath.Join(dir, historyFile), h); err != nil {
		return nil, nil, err
	}
	var err error
	e.Attempts, err = loadAttempts(filepath.Join(dir, attemptsFile))
	if err == nil && e.Sent > 0 && len(e.Attempts) != e.Sent {
		err = fmt.Errorf("%s: has %d requests, the run had %d", filepath.Join(dir, attemptsFile), len(e.Attempts), e.Sent)
	}
	return e, h, err
}

func readJSON(path string, v any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read run: %w", err)
	}
	if err := json.Unmarshal(text, v); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func loadAttempts(path string) (attempts []Attempt, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read run: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	for decoder := json.NewDecoder(bufio.NewReader(file)); ; {
		var a Attempt
		switch err := decoder.Decode(&a); {
		case errors.Is(err, io.EOF):
			return attempts, nil
		case err != nil:
			return nil, fmt.Errorf("%s, line %d: %w", path, len(attempts)+1, err)
		}
		attempts = append(attempts, a)
	}
}

// SaveOutcome writes the judged outcome of a run into its folder, as JSON and as text.
func SaveOutcome(dir string, c *Containers) (err error) {
	text, err := c.JSON()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, outcomeFile), text, 0o644); err != nil {
		return fmt.Errorf("save outcome: %w", err)
	}
	file, err := os.Create(filepath.Join(dir, textFile))
	if err != nil {
		return fmt.Errorf("save outcome: %w", err)
	}
	c.Text(file)
	return file.Close()
}
