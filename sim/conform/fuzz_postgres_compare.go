package conform

import (
	"fmt"
	"slices"
	"strings"
)

// compare judges a step after which both arms are quiet, and writes its transcript from
// the real one.
func (s *lockstepScript) compare(name string, actual, simulated standing) {
	s.count(actual)
	s.write(name, actual)
	if why := s.difference(actual, simulated); why != "" {
		if !s.excuse(name, actual, simulated) {
			s.diverged(why, actual)
		}
		return
	}
	woken := 0
	for _, returned := range actual.returned {
		if returned != name {
			woken++
		}
		s.advance(returned)
	}
	for waiter, by := range actual.waits {
		s.waiting[waiter] = by
		s.blocked = true
	}
	if woken > 1 && s.racedApart() {
		s.stats.ExcusedRace++
		s.over = true
	}
}

// racedApart says whether sessions that were woken at once, and heard the same on both arms, have left
// different rows there: the last to write was another one. What a lock hides for longer than
// the patience of who looks is left for later statements to find.
func (s *lockstepScript) racedApart() bool {
	const judge = "judge"
	for _, sql := range append([]string{"SET lock_timeout = '20ms'"}, finalState...) {
		var lines [2][]string
		for i, side := range s.arms {
			lines[i] = s.look(i, side, judge, sql)
		}
		if !slices.Equal(lines[0], lines[1]) {
			return true
		}
	}
	return false
}

// advance notes what a statement's outcome means for its session.
func (s *lockstepScript) advance(name string) {
	delete(s.waiting, name)
	session := s.arms[0].sessions[name]
	s.block[name] = session.tx != nil
	s.failed[name] = session.tx != nil && (refused(session.got) || s.failed[name] && session.got.tail[0] != "ROLLBACK")
}

func refused(o *outcome) bool {
	return strings.HasPrefix(o.tail[0], "ERROR") || strings.HasPrefix(o.tail[0], "FAILS")
}

// difference says how the arms differ, or nothing.
func (s *lockstepScript) difference(actual, simulated standing) string {
	var why []string
	for _, name := range actual.returned {
		want := s.arms[0].sessions[name].got
		if by, waits := simulated.waits[name]; waits {
			why = append(why, fmt.Sprintf("%s has returned, in the simulation it waits for %v", name, by))
		} else if got := s.arms[1].sessions[name].got; !slices.Equal(got.lines(nil), want.lines(nil)) {
			all := []string{messagePrefix, detailPrefix}
			why = append(why, fmt.Sprintf("%s\n  real:\n    %s\n  simulated:\n    %s", name,
				strings.Join(want.lines(all), "\n    "), strings.Join(got.lines(all), "\n    ")))
		}
	}
	for _, name := range sortedKeys(actual.waits) {
		by, waits := simulated.waits[name]
		switch {
		case !waits:
			why = append(why, fmt.Sprintf("%s waits for %v, in the simulation it returned:\n    %s", name, actual.waits[name],
				strings.Join(s.arms[1].sessions[name].got.lines([]string{messagePrefix}), "\n    ")))
		case !slices.Equal(by, actual.waits[name]):
			why = append(why, fmt.Sprintf("%s waits for %v, in the simulation for %v", name, actual.waits[name], by))
		}
	}
	return strings.Join(why, "\n")
}

func sortedKeys(m map[string][]string) []string {
	var keys []string
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// code returns the SQLSTATE with which a session has returned, if it has.
func (s *lockstepScript) code(arm int, at standing, name string) string {
	if !slices.Contains(at.returned, name) {
		return ""
	}
	got := s.arms[arm].sessions[name].got
	if len(got.tail) < 2 || !strings.HasPrefix(got.tail[0], "ERROR ") {
		return ""
	}
	code := strings.Fields(got.tail[0])[1]
	if code == "40001" && !strings.Contains(got.tail[1], "read/write dependencies") {
		return "40001 for an update" // both arms must see it
	}
	return code
}

// excuse says whether a difference is one that the server does not define.
func (s *lockstepScript) excuse(name string, actual, simulated standing) bool {
	var woken []string
	for waiter, by := range s.waiting {
		if !slices.Equal(actual.waits[waiter], by) || !slices.Equal(simulated.waits[waiter], by) {
			woken = append(woken, waiter)
		}
	}
	slices.Sort(woken)
	for _, who := range append(slices.Clone(woken), name) {
		codes := [2]string{s.code(0, actual, who), s.code(1, simulated, who)}
		switch {
		case slices.Contains(codes[:], "40001") && codes[0] != codes[1]:
			s.stats.ExcusedSerialization++
			return s.align(who, woken, actual, simulated)
		case slices.Contains(codes[:], "40P01") && codes[0] != codes[1] && s.otherVictim(who, actual, simulated):
			s.stats.ExcusedVictim++
			s.over = true
			return true
		}
	}
	if slices.Contains(actual.returned, name) && slices.Contains(simulated.returned, name) && s.seesDoubled(name) {
		s.stats.ExcusedDoubled++
		s.over = true
		return true
	}
	if len(woken) > 1 {
		s.stats.ExcusedRace++
		s.over = true
		return true
	}
	return false
}

// seesDoubled says whether a session's snapshot shows two rows with one unique key: one that another
// transaction has deleted since, and one that the session has inserted then. The planner believes in
// the index: how many of the two a join finds depends on which side it looks up (inner_unique).
func (s *lockstepScript) seesDoubled(name string) bool {
	if !s.block[name] || s.arms[0].sessions[name].tx == nil || s.arms[1].sessions[name].tx == nil {
		return false
	}
	for _, sql := range []string{
		"SELECT count(*) > count(DISTINCT id) FROM a", "SELECT count(*) > count(DISTINCT id) FROM b", "SELECT count(*) > count(DISTINCT id) FROM l",
		"SELECT count(*) > count(DISTINCT id) FROM g", "SELECT count(*) > count(DISTINCT (x, y)) FROM k",
	} {
		doubled := 0
		for i, side := range s.arms {
			if slices.Contains(s.look(i, side, name, sql), "true") {
				doubled++
			}
		}
		if doubled == len(s.arms) {
			return true
		}
	}
	return false
}

// look has a session ask something that is no part of the script.
func (s *lockstepScript) look(arm int, side *lockstepSide, name, sql string) []string {
	side.start(name, &step{kind: stepQuery, session: name, sql: sql})
	if _, returned := side.world.Await(Session{Client: name}); !returned {
		panic(divergence(fmt.Sprintf("arm %d: %s does not return", arm, name)))
	}
	return side.sessions[name].got.lines(nil)
}

// otherVictim says whether both arms had a deadlock, with different victims.
func (s *lockstepScript) otherVictim(who string, actual, simulated standing) bool {
	for _, other := range s.names {
		if other != who && (s.code(0, actual, other) == "40P01" || s.code(1, simulated, other) == "40P01") {
			return true
		}
	}
	return false
}

// align rolls the transaction back that one arm has aborted, and lets the script go on if both
// have it open still and nobody else is concerned.
func (s *lockstepScript) align(who string, woken []string, actual, simulated standing) bool {
	s.over = true
	open := s.arms[0].sessions[who].tx != nil && s.arms[1].sessions[who].tx != nil
	if !open || len(woken) > 0 || len(actual.waits) != len(simulated.waits) {
		return true
	}
	s.over = false
	s.block[who] = true
	s.perform(who, "ROLLBACK")
	s.steps = s.steps[:len(s.steps)-1] // who plays this again aligns again
	return true
}
