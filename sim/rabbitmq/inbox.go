package rabbitmq

import (
	"context"

	"github.com/squallhq/squall/sim"
	"github.com/squallhq/squall/system/port"
)

// inbox holds the events of a channel or a connection for Next.
type inbox struct {
	world  *sim.World
	events fifo[port.Event]
	reader *sim.Task // waits for one
	over   bool      // Closed was taken
}

func (i *inbox) put(event port.Event) {
	i.events.push(event)
	if i.reader != nil {
		i.reader.Wake()
	}
}

// next takes the next event, waiting for it.
func (i *inbox) next(ctx context.Context) (port.Event, error) {
	if _, err := i.world.Cross(ctx, "next", 0); err != nil {
		return nil, err
	}
	for i.events.len() == 0 {
		if i.over {
			return nil, port.ErrClosed
		}
		i.reader = i.world.Current()
		err := i.world.Park(ctx)
		i.reader = nil
		if err != nil {
			return nil, err
		}
	}
	event := i.events.pop()
	if _, last := event.(port.Closed); last {
		i.over = true
	}
	return event, nil
}
