package postgres

import (
	"context"
	"strconv"
	"time"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/sim"
	"github.com/squallhq/squall/sim/postgres/store"
	"github.com/squallhq/squall/sim/postgres/value"
)

// Refusal says what becomes of constructs that are not simulated.
type Refusal int

// The refusals.
const (
	FailWorld Refusal = iota // World.Fail with an *Unsupported, whatever the caller does
	AsError                  // the caller gets the *Unsupported, as an error with code XX000's place
)

// Options are what a server needs besides its node.
type Options struct {
	Database       string // name of the database; "app" if empty
	User           string // "app" if empty
	MaxConnections int    // 100 if zero
	Cache          *Cache // shared by the worlds of a goroutine; nil for one of its own
	Refuse         Refusal
}

// Server is a PostgreSQL on a node. Its data survives the node's crashes.
type Server struct {
	world    *sim.World
	node     *sim.Node
	root     context.Context // of the node's present life
	options  Options
	cache    *Cache
	db       *store.Database
	sessions []*session
	lastPID  int32
	readyAt  time.Duration // until then connections are refused with 57P03
	plans    map[*script]*plan
	planned  uint64 // the catalog version of plans
	refused  *Unsupported
	random   uint64
	neutral  value.Context // for constraints, which belong to no session
}

// NewServer makes the server of a node that is down; Start the node to boot it.
func NewServer(world *sim.World, node *sim.Node, options Options) *Server {
	options.fill()
	s := &Server{
		world: world, node: node, options: options, cache: options.Cache,
		db: store.New(options.Database), lastPID: 100, plans: make(map[*script]*plan),
	}
	s.random = chaos.HashString(world.Seed(), node.Name)
	s.db.SetNotify(func(*store.Session, store.Notification) {})
	s.neutral = value.Context{ClockNow: s.micros, Random: s.nextRandom, Serve: func(f *value.Function, _ []value.Value) (value.Value, error) {
		return value.Value{}, unsupported(f.Signature() + " in a constraint")
	}}
	node.Boot = s.boot
	node.Crashed = func(chaos.Kind) { s.crashed() }
	return s
}

func (o *Options) fill() {
	if o.Database == "" {
		o.Database = "app"
	}
	if o.User == "" {
		o.User = "app"
	}
	if o.MaxConnections == 0 {
		o.MaxConnections = 100
	}
	if o.Cache == nil {
		o.Cache = NewCache()
	}
}

// Node returns the server's node.
func (s *Server) Node() *sim.Node { return s.node }

// boot is the process: it recovers what was committed, and serves until the node goes down.
func (s *Server) boot(ctx context.Context) {
	s.root = ctx
	s.readyAt = s.world.Now()
	if s.node.Boots() > 1 {
		draw := s.world.Draw(purposeReady, chaos.Mix(chaos.HashString(0, s.node.Name), uint64(s.node.Boots())))
		s.readyAt += 20*time.Millisecond + time.Duration(chaos.Below(draw, uint64(300*time.Millisecond)))
	}
	for s.world.Park(ctx) == nil {
		continue
	}
}

// crashed drops what the process had in memory.
func (s *Server) crashed() {
	for _, session := range s.sessions {
		session.dropped()
	}
	s.sessions = nil
	clear(s.plans)
	s.db.Recover(s.db.LSN())
}

// accept starts a session, or says why not.
func (s *Server) accept(link *sim.Conn, config PoolConfig) (*session, *value.Error) {
	if s.world.Now() < s.readyAt {
		return nil, refusal("57P03", "the database system is starting up")
	}
	if len(s.sessions) >= s.options.MaxConnections {
		return nil, refusal("53300", "sorry, too many clients already")
	}
	s.lastPID++
	session := newSession(s, link, config, s.lastPID)
	s.sessions = append(s.sessions, session)
	return session, nil
}

func (s *Server) forget(gone *session) {
	for i, session := range s.sessions {
		if session == gone {
			s.sessions = append(s.sessions[:i], s.sessions[i+1:]...)
			return
		}
	}
}

// Terminate ends all sessions as an administrator's fast shutdown does (57P01). The node
// goes on; to restart the server, crash the node afterwards.
func (s *Server) Terminate() {
	for _, session := range append([]*session(nil), s.sessions...) {
		session.terminate(refusal("57P01", "terminating connection due to administrator command"))
	}
}

// LockWaits returns the application names, as the clients gave them when they connected, of the
// sessions that wait for a lock, in order of their connections.
func (s *Server) LockWaits() []string {
	var names []string
	for _, session := range s.sessions {
		if session.store.Waiting() {
			names = append(names, session.settings.config.ApplicationName)
		}
	}
	return names
}

// BlockedBy returns the application names of the sessions that the named one waits for
// (pg_blocking_pids), in order of their connections.
func (s *Server) BlockedBy(name string) []string {
	var names []string
	for _, session := range s.sessions {
		if session.settings.config.ApplicationName != name {
			continue
		}
		for _, pid := range session.store.BlockedBy() {
			if by := s.find(pid); by != nil {
				names = append(names, by.settings.config.ApplicationName)
			}
		}
	}
	return names
}

// fail makes known that something was asked for that is not simulated.
func (s *Server) fail(u *Unsupported) {
	if s.refused == nil {
		s.refused = u
	}
	if s.options.Refuse == FailWorld {
		s.world.Fail(u)
	}
}

// Refused returns the first construct that the server has refused by name, or nil.
func (s *Server) Refused() *Unsupported { return s.refused }

// micros is the database's clock, in microseconds since 2000-01-01 UTC.
func (s *Server) micros() int64 {
	return s.node.Wall().UnixMicro() - yearTwoThousand
}

// nextRandom is the source behind gen_random_uuid and random.
func (s *Server) nextRandom() uint64 {
	s.random = chaos.Mix(s.random, 0x5eed)
	return s.random
}

// find returns the session of a backend process.
func (s *Server) find(pid int32) *session {
	for _, session := range s.sessions {
		if session.store.PID() == pid {
			return session
		}
	}
	return nil
}

func (s *Server) taskName(pid int32) string { return "backend " + strconv.Itoa(int(pid)) }
