package invariants

import "fmt"

// Verdict is the outcome of a judgement. The zero value is Unknown.
type Verdict int

// The verdicts.
const (
	Unknown Verdict = iota
	Pass
	Fail
)

// String returns unknown, pass or fail.
func (v Verdict) String() string {
	switch v {
	case Pass:
		return "pass"
	case Fail:
		return "fail"
	default:
		return "unknown"
	}
}

// Invariant is a claim, and its judge.
type Invariant struct {
	Name  string // the claim in two or three words: StockConserved
	Claim string // the claim in a sentence
	judge func(*History, *Finding)
}

// Finding is what one judge found.
type Finding struct {
	Invariant  string
	Verdict    Verdict
	Facts      int      // how many facts were judged
	Violations []string // what is wrong, in words
}

// All returns all invariants, in a fixed order.
func All() []Invariant {
	return []Invariant{
		everySagaEnds, chargedAtMostOnce, cancelledOrdersCostNothing, completedOrdersPaidInFull,
		stockNeverNegative, stockConserved, compensatedExactlyOnce, nothingLost, handledOnce,
		projectionsEqualReplay, sameKeySameAnswer, customersTold, acceptedCancelsAreKept,
	}
}

// Judge returns the finding of one invariant about a history. A history that did not
// converge cannot pass: what is still under way may yet break any claim.
func (i Invariant) Judge(h *History) Finding {
	f := Finding{Invariant: i.Name}
	i.judge(h, &f)
	switch {
	case len(f.Violations) > 0:
		f.Verdict = Fail
	case f.Facts > 0 && h.Converged:
		f.Verdict = Pass
	}
	return f
}

// JudgeAll returns the findings of all invariants and the worst verdict: Fail before
// Unknown before Pass. A history without an order is Unknown: nothing has happened in it. Any
// other claim with no facts to judge does not make a run worse; a campaign must see to it that
// each had some.
func JudgeAll(h *History) ([]Finding, Verdict) {
	worst := Pass
	if !h.Converged {
		worst = Unknown
	}
	var findings []Finding
	for _, invariant := range All() {
		f := invariant.Judge(h)
		findings = append(findings, f)
		switch {
		case f.Verdict == Fail:
			worst = Fail
		case worst == Pass && f.Invariant == everySagaEnds.Name && f.Facts == 0:
			worst = Unknown
		}
	}
	return findings, worst
}

// fact counts one judged fact, and a violation if it does not hold.
func (f *Finding) fact(holds bool, format string, args ...any) {
	f.Facts++
	if !holds {
		f.Violations = append(f.Violations, fmt.Sprintf(format, args...))
	}
}
