package outside

import "sync"

// guard lets one at a time into a core that is served over a real network.
type guard struct {
	//simsafe:allow for connections of real servers; nothing simulated has one
	mutex sync.Mutex
}

func (g *guard) do(work func()) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	work()
}
