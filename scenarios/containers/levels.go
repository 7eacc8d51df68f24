package containers

import (
	"context"
	"sync"
	"time"

	"github.com/squallhq/squall/reports"
	"github.com/squallhq/squall/scenarios/collect"
)

const (
	levelEvery = time.Second     // between readings
	levelMax   = 5 * time.Second // one reading
	reachMax   = 5 * time.Second // connecting for readings
	lastTries  = 5               // to read the last level
)

// levels reads once a second how much is under way in the outboxes and in the queues, on connections
// of its own around the proxies. What cannot be read, because a server is down, has no reading.
type levels struct {
	end      func()
	watching sync.WaitGroup
	outboxes []reports.Level
	queues   []reports.Level
}

// watchLevels begins to read. Times of readings are since begun.
func (s *shop) watchLevels(ctx context.Context, begun time.Time) *levels {
	ended := make(chan struct{})
	l := &levels{end: sync.OnceFunc(func() { close(ended) })}
	l.watching.Go(func() { l.outboxes = readLevels(ctx, begun, ended, s.outboxGauge) })
	l.watching.Go(func() { l.queues = readLevels(ctx, begun, ended, s.queueGauge) })
	return l
}

// stop ends the readings, after a last one, and returns them. It may be called again.
func (l *levels) stop() (outboxes, queues []reports.Level) {
	l.end()
	l.watching.Wait()
	return l.outboxes, l.queues
}

// gauge is an open way to read a level.
type gauge struct {
	read  func(context.Context) (int, error)
	close func(context.Context)
}

// readLevels reads until ended is closed, and once more then, for which it has lastTries, or until ctx
// ends.
func readLevels(ctx context.Context, begun time.Time, ended <-chan struct{}, open func(context.Context) (*gauge, error)) []reports.Level {
	s := &series{begun: begun, open: open}
	defer func() { s.current.hangUp(ctx) }()
	ticker := time.NewTicker(levelEvery)
	defer ticker.Stop()
	for {
		s.read(ctx)
		select {
		case <-ticker.C:
			continue
		case <-ctx.Done():
			return s.all
		case <-ended:
		}
		for range lastTries {
			if s.read(ctx) || ctx.Err() != nil {
				return s.all
			}
			<-ticker.C
		}
		return s.all
	}
}

// series is what was read of one level.
type series struct {
	begun   time.Time
	open    func(context.Context) (*gauge, error)
	current *gauge // nil while there is none
	all     []reports.Level
}

// read adds a reading and says whether there is one. After one that failed it opens a new gauge: a
// server that was restarted may be elsewhere.
func (s *series) read(ctx context.Context) bool {
	if s.current == nil {
		s.current = reach(ctx, s.open)
	}
	if s.current == nil {
		return false
	}
	at := time.Since(s.begun)
	count, err := s.current.readWithin(ctx)
	if err != nil {
		s.current.hangUp(ctx)
		s.current = nil
		return false
	}
	s.all = append(s.all, reports.Level{At: at, Count: count})
	return true
}

// reach opens a gauge, or returns nil: the next tick tries again.
func reach(ctx context.Context, open func(context.Context) (*gauge, error)) *gauge {
	ctx, cancel := context.WithTimeout(ctx, reachMax)
	defer cancel()
	opened, err := open(ctx)
	if err != nil {
		return nil
	}
	return opened
}

func (g *gauge) readWithin(ctx context.Context) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, levelMax)
	defer cancel()
	return g.read(ctx)
}

func (g *gauge) hangUp(ctx context.Context) {
	if g == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), levelMax)
	defer cancel()
	g.close(ctx)
}

func (s *shop) outboxGauge(ctx context.Context) (*gauge, error) {
	opened, err := s.openPools(ctx)
	if err != nil {
		return nil, err
	}
	return &gauge{
		read:  func(ctx context.Context) (int, error) { return collect.Unsent(ctx, opened.ports()) },
		close: func(context.Context) { opened.close() },
	}, nil
}

func (s *shop) queueGauge(ctx context.Context) (*gauge, error) {
	broker, err := s.openBroker(ctx)
	if err != nil {
		return nil, err
	}
	connection, err := broker.Connect(ctx, "levels")
	if err != nil {
		return nil, err
	}
	hangUp := func(ctx context.Context) { _ = connection.Close(ctx) }
	channel, err := connection.OpenChannel(ctx)
	if err != nil {
		hangUp(context.WithoutCancel(ctx))
		return nil, err
	}
	return &gauge{
		read:  func(ctx context.Context) (int, error) { return collect.Queued(ctx, channel) },
		close: hangUp,
	}, nil
}
