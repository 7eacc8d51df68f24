package containers

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/scenarios"
	"github.com/squallhq/squall/system/event"
)

// The names that the simulator gives to servers and those of their containers.
const (
	brokerContainer   = "broker"
	databaseContainer = "database"
)

// draw returns a number below n for a named choice of a seed.
func draw(seed uint64, name string, i int, n uint64) uint64 {
	return chaos.Below(chaos.Draw(seed, chaos.PurposeOf("containers "+name), uint64(i)), n)
}

// between draws a duration, in whole milliseconds.
func between(seed uint64, name string, i int, shortest, longest time.Duration) time.Duration {
	span := uint64((longest - shortest) / time.Millisecond)
	return shortest + time.Duration(draw(seed, name, i, span+1))*time.Millisecond
}

// schedule draws the faults of containers: one each interval from the first on, in an order of the
// seed's that meets each kind before any comes again.
func schedule(seed uint64, replicas int, duration, every time.Duration) []chaos.ContainerFault {
	var faults []chaos.ContainerFault
	makers := orderedMakers(seed)
	for i, at := 0, every/2; at+longestFault <= duration; i, at = i+1, at+every {
		target := fmt.Sprintf("%s-%d", pick(seed, "service", i, event.Services()), 1+draw(seed, "replica", i, uint64(replicas)))
		faults = append(faults, makers[i%len(makers)](at, between(seed, "lasts", i, 2*time.Second, longestFault), target, replicas))
	}
	return faults
}

// longestFault is how long a drawn fault lasts at most.
const longestFault = 8 * time.Second

// faultMaker makes a fault at a time, for a time, of a replica or of a server.
type faultMaker func(at, d time.Duration, replica string, replicas int) chaos.ContainerFault

var faultMakers = []faultMaker{
	func(at, d time.Duration, replica string, _ int) chaos.ContainerFault {
		return chaos.KillContainer{Target: replica, At: at, Down: d}
	},
	func(at, d time.Duration, replica string, _ int) chaos.ContainerFault {
		return chaos.StopContainer{Target: replica, At: at, Down: d}
	},
	func(at, d time.Duration, replica string, _ int) chaos.ContainerFault {
		return chaos.PauseContainer{Target: replica, At: at, For: d}
	},
	func(at, d time.Duration, replica string, _ int) chaos.ContainerFault {
		return chaos.CutContainer{Target: replica, At: at, For: d}
	},
	func(at, d time.Duration, replica string, replicas int) chaos.ContainerFault {
		service, _, _ := strings.Cut(replica, "-")
		return chaos.Scale{Service: service, Replicas: replicas - 1, At: at, For: d}
	},
	func(at, d time.Duration, replica string, replicas int) chaos.ContainerFault {
		service, _, _ := strings.Cut(replica, "-")
		return chaos.Scale{Service: service, Replicas: replicas + 1, At: at, For: d}
	},
	func(at, d time.Duration, _ string, _ int) chaos.ContainerFault {
		return chaos.KillContainer{Target: databaseContainer, At: at, Down: d / 2}
	},
	func(at, d time.Duration, _ string, _ int) chaos.ContainerFault {
		return chaos.KillContainer{Target: brokerContainer, At: at, Down: d / 2}
	},
	func(at, d time.Duration, _ string, _ int) chaos.ContainerFault {
		return chaos.PauseContainer{Target: databaseContainer, At: at, For: d}
	},
	func(at, d time.Duration, _ string, _ int) chaos.ContainerFault {
		return chaos.PauseContainer{Target: brokerContainer, At: at, For: d}
	},
	func(at, _ time.Duration, _ string, _ int) chaos.ContainerFault {
		return chaos.RestartContainer{Target: databaseContainer, At: at}
	},
	func(at, _ time.Duration, _ string, _ int) chaos.ContainerFault {
		return chaos.RestartContainer{Target: brokerContainer, At: at}
	},
	func(at, d time.Duration, _ string, _ int) chaos.ContainerFault {
		return chaos.FillDisk{Target: databaseContainer, At: at, For: d}
	},
	func(at, d time.Duration, _ string, _ int) chaos.ContainerFault {
		return chaos.SqueezeMemory{Target: brokerContainer, At: at, For: d}
	},
	func(at, d time.Duration, replica string, _ int) chaos.ContainerFault {
		service, _, _ := strings.Cut(replica, "-")
		return chaos.CutRequests{Service: service, At: at, For: d}
	},
	func(at, d time.Duration, replica string, _ int) chaos.ContainerFault {
		service, _, _ := strings.Cut(replica, "-")
		return chaos.CutAnswers{Service: service, At: at, For: d}
	},
}

func pick(seed uint64, name string, i int, from []string) string {
	return from[draw(seed, name, i, uint64(len(from)))]
}

// orderedMakers returns the makers in an order of the seed's, but one of each kind first.
func orderedMakers(seed uint64) []faultMaker {
	var first, later []faultMaker
	met := make(map[chaos.Kind]bool)
	for _, i := range shuffled(seed, len(faultMakers)) {
		kind := faultMakers[i](0, 0, "", 0).Kind()
		if met[kind] {
			later = append(later, faultMakers[i])
		} else {
			first = append(first, faultMakers[i])
		}
		met[kind] = true
	}
	return append(first, later...)
}

// shuffled returns the numbers below n in an order of the seed's.
func shuffled(seed uint64, n int) []int {
	order := make([]int, n)
	for i := range order {
		j := int(draw(seed, "order", i, uint64(i+1)))
		order[i], order[j] = order[j], i
	}
	return order
}

// wireRates are the rates of faults on the wire, in parts per million of crossings: lower than
// the simulator's, because the load is greater and each silent connection lasts for seconds.
var wireRates = []struct {
	kind chaos.Kind
	ppm  chaos.PPM
}{
	{chaos.KindFailBefore, 300}, {chaos.KindFailAfter, 300}, {chaos.KindLoseReply, 50},
	{chaos.KindDelay, 400}, {chaos.KindDuplicate, 1000}, {chaos.KindReorder, 1000}, {chaos.KindDisconnect, 100},
}

// carried sorts a plan's faults into those at crossings, those of containers in the order of
// their times, and those that cannot be carried over, with the reason.
func carried(plan *chaos.Plan, wire func(chaos.Fault) error) (strikes []chaos.Sentence, faults []chaos.ContainerFault, not []string) {
	for _, sentence := range plan.Faults {
		switch f := sentence.Fault.(type) {
		case chaos.Restart:
			faults = append(faults, restarted(f))
		case chaos.ContainerFault:
			faults = append(faults, f)
		default:
			if err := wire(f); err != nil {
				not = append(not, fmt.Sprintf("%v: %v", f, err))
				continue
			}
			strikes = append(strikes, sentence)
		}
	}
	slices.SortStableFunc(faults, func(a, b chaos.ContainerFault) int { return int(a.Starts() - b.Starts()) })
	return strikes, faults, not
}

// The bounds of what a plan may ask of containers.
const (
	replicasMax = 10
	faultLate   = time.Hour // after the last customer
)

// checkFault says what is wrong with a fault that a plan has for containers: a target that no run has,
// more replicas than replicasMax, or an end long after the last customer.
func checkFault(f chaos.ContainerFault, last time.Duration) error {
	if end := f.Starts() + f.Lasts(); end > last+faultLate {
		return fmt.Errorf("plan: %v: it ends %v after the last customer, at most %v is waited for", f, end-last, faultLate)
	}
	switch f := f.(type) {
	case chaos.Scale:
		if !slices.Contains(event.Services(), f.Service) || f.Replicas < 0 || f.Replicas > replicasMax {
			return fmt.Errorf("plan: %v: a service of %q is scaled to at most %d replicas", f, event.Services(), replicasMax)
		}
	case chaos.CutRequests, chaos.CutAnswers:
		if !slices.Contains(event.Services(), f.On()) {
			return fmt.Errorf("plan: %v: there is no service %q; there are %q", f, f.On(), event.Services())
		}
	case chaos.Restart:
		database, of := strings.CutPrefix(f.Server, databaseContainer+" ")
		if known := f.Server == brokerContainer || of && slices.Contains(event.Services(), database); !known {
			return fmt.Errorf("plan: %v: there is no server %q; there are %s and the databases of %q", f, f.Server, brokerContainer, event.Services())
		}
	default:
		if !isContainer(f.On()) {
			return fmt.Errorf("plan: %v: there is no container %q; there are %s, %s, and replicas like %s-1", f, f.On(), brokerContainer, databaseContainer, event.Order)
		}
	}
	return nil
}

func isContainer(name string) bool {
	if name == brokerContainer || name == databaseContainer {
		return true
	}
	service, number, _ := strings.Cut(name, "-")
	n, err := strconv.Atoi(number)
	return slices.Contains(event.Services(), service) && err == nil && n >= 1 && n <= replicasMax
}

// notSet names the settings of a plan that the services in the images have otherwise: they run as they
// are deployed.
func notSet(planned scenarios.Swarm, replicas int) []string {
	others := []string{}
	for name, n := range scenarios.PlainSwarm(replicas) {
		if wanted, set := planned[name]; set && wanted != n {
			others = append(others, fmt.Sprintf("%s is %d, not %d", name, n, wanted))
		}
	}
	slices.Sort(others)
	return others
}

// restarted is the restart of a simulated server as one of its container. All databases are in
// one, so the restart of any is the restart of all.
func restarted(f chaos.Restart) chaos.ContainerFault {
	target := databaseContainer
	if f.Server == brokerContainer {
		target = brokerContainer
	}
	return chaos.KillContainer{Target: target, At: f.At, Down: f.Down}
}

// workload draws what customers will do: so many orders a second over the duration.
func workload(seed uint64, rate float64, duration time.Duration) scenarios.Workload {
	return scenarios.LoadWorkload(int(rate*duration.Seconds()), duration).Example(int(seed))
}
