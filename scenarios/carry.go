package scenarios

import (
	"strings"

	"github.com/squallhq/squall/chaos"
	"github.com/squallhq/squall/system/event"
)

// Simulated sorts a plan's faults into those that the simulator has, or has in another form, and the
// others. The kill of a server's container is a restart there: one of each database, because on
// containers all databases are in one server.
func Simulated(faults []chaos.Sentence) (carried, left []chaos.Sentence) {
	var all []chaos.Sentence
	for _, sentence := range faults {
		kill, is := sentence.Fault.(chaos.KillContainer)
		servers := simulatedServers(kill.Target)
		if !is || len(servers) == 0 {
			all = append(all, sentence)
			continue
		}
		for _, server := range servers {
			all = append(all, chaos.Sentence{Fault: chaos.Restart{Server: server, At: kill.At, Down: kill.Down}})
		}
	}
	return chaos.Carry(all, chaos.Simulator)
}

// simulatedServers returns what the simulator has for the container of a server; nothing for others.
func simulatedServers(container string) []string {
	switch {
	case container == "broker":
		return []string{container}
	case container == "database":
		var all []string
		for _, service := range event.Services() {
			all = append(all, "database "+service)
		}
		return all
	case strings.HasPrefix(container, "database "):
		return []string{container}
	default:
		return nil
	}
}
