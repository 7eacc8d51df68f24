package store

import "github.com/squallhq/squall/sim/postgres/value"

// LSN numbers the commits of a database, from 1. A commit that changed nothing has none (0).
type LSN uint64

// XID is a transaction id that never wraps (xid8). 0: none assigned.
type XID uint64

// firstXID is about where a database stands after initdb.
const firstXID XID = 731

// Database is one database with its catalog, its rows and its locks.
type Database struct {
	name     string
	lsn      LSN // of the last commit
	retain   LSN // versions that ended after it are kept, for Recover; retaining says whether it counts
	retained bool

	nextXID   XID
	lastEnded XID   // the greatest id whose transaction is over
	running   []*Tx // transactions with an id, in order of their ids

	oldest, latest *Snapshot // registered snapshots, a list in order of their LSNs
	dead           deadQueue // rows with versions that some snapshot may still need

	catalog  catalog
	sessions []*Session
	advisory map[AdvisoryKey]*lock
	channels map[string][]*Session // listeners, in the order of their LISTEN
	deliver  func(to *Session, n Notification)
	ssi      ssiState
}

// New returns an empty database with the schema public.
func New(name string) *Database {
	db := &Database{
		name:      name,
		nextXID:   firstXID,
		lastEnded: firstXID - 1,
		advisory:  map[AdvisoryKey]*lock{},
		channels:  map[string][]*Session{},
	}
	db.catalog.init()
	return db
}

// Name returns the database's name, which some errors carry.
func (db *Database) Name() string { return db.name }

// LSN returns the number of the last commit.
func (db *Database) LSN() LSN { return db.lsn }

// Session is a backend: the owner of session locks, currval and LISTEN, and of at most one
// transaction at a time.
type Session struct {
	db     *Database
	pid    int32
	waiter Waiter
	tx     *Tx
	closed bool

	parked  bool
	waiting wait
	turn    *turn // the tuple lock that it holds while it waits for a row

	locks    []*lock // with session-level holds, in the order of acquisition
	currvals map[*Sequence]int64
	lastSeq  *Sequence
	channels []string // listening to, sorted

	spare   spareLogs // of the last transaction, to be used again
	spareTx *Tx       // the last transaction itself, if it can be used again
	text    *value.Context
}

// Connect starts a session (a backend process). The pid appears in deadlock reports.
func (db *Database) Connect(pid int32, w Waiter) *Session {
	s := &Session{db: db, pid: pid, waiter: w, text: &value.Context{}}
	db.sessions = append(db.sessions, s)
	return s
}

// SetText sets the settings (time zone) by which details of errors print values.
func (s *Session) SetText(c *value.Context) { s.text = c }

// PID returns the session's process id.
func (s *Session) PID() int32 { return s.pid }

// Database returns the session's database.
func (s *Session) Database() *Database { return s.db }

// Tx returns the transaction in progress, or nil.
func (s *Session) Tx() *Tx { return s.tx }

// Close ends the session: rolls back, releases its locks, forgets LISTEN. If its task is parked, the
// wait is given up too; the task must then be ended without being woken (Park does not return, or
// the task only unwinds).
func (s *Session) Close() {
	if s.closed {
		return
	}
	s.giveUp()
	if s.tx != nil {
		s.tx.Rollback()
	}
	s.closed = true
	s.AdvisoryUnlockAll()
	s.unlistenAll()
	for i, other := range s.db.sessions {
		if other == s {
			s.db.sessions = append(s.db.sessions[:i], s.db.sessions[i+1:]...)
			break
		}
	}
}

// giveUp takes a session whose task will not go on out of what it waits for.
func (s *Session) giveUp() {
	s.parked = false
	if r := s.waiting.request; r != nil {
		r.abandon()
	}
	if x := s.waiting.x; x != nil {
		x.resolve().forgetWaiter(s)
	}
	s.waiting = wait{}
	if s.turn != nil {
		s.turn.done()
	}
}

// park waits for a Wake. What is waited for stands in s.waiting, for the deadlock detector.
func (s *Session) park() error {
	s.parked = true
	err := s.waiter.Park()
	s.parked = false
	return err
}

// wake resumes a parked session; once for each park.
func (s *Session) wake() {
	if s.parked {
		s.parked = false
		s.waiter.Wake()
	}
}
