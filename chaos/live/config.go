package live

import (
	"os"
	"time"

	"github.com/squallhq/squall/chaos"
)

// The images that are used where nothing else is said: the official ones, or, where they are
// not at hand, those that images/build.sh has built.
const (
	officialPostgres = "postgres:15"
	officialRabbitMQ = "rabbitmq:3.13-management"
	builtPostgres    = "squall-postgres:15"
	builtRabbitMQ    = "squall-rabbitmq:3.10"
)

// Config says how a run's containers are to be. The zero value is ready to use.
type Config struct {
	Name          string // of the run; unique by itself if empty
	PostgresImage string // SQUALL_POSTGRES_IMAGE, the official one, or one built here, if empty
	RabbitMQImage string // SQUALL_RABBITMQ_IMAGE, the official one, or one built here, if empty
	DiskMiB       int    // size of each server's data volume; 1024 if 0
	MemoryMiB     int    // memory limit of each container; 1024 if 0

	// Progress, if set, is told what is being started and removed.
	Progress func(text string)

	// Other, if set, is asked first who brings a fault about; nil leaves it to the engine. It is for
	// faults of what stands between containers.
	Other func(chaos.ContainerFault) Injury
}

func (c Config) complete() Config {
	c.PostgresImage = first(c.PostgresImage, os.Getenv("SQUALL_POSTGRES_IMAGE"), officialPostgres)
	c.RabbitMQImage = first(c.RabbitMQImage, os.Getenv("SQUALL_RABBITMQ_IMAGE"), officialRabbitMQ)
	if c.DiskMiB == 0 {
		c.DiskMiB = 1024
	}
	if c.MemoryMiB == 0 {
		c.MemoryMiB = 1024
	}
	if c.Progress == nil {
		c.Progress = func(string) {}
	}
	if c.Other == nil {
		c.Other = func(chaos.ContainerFault) Injury { return nil }
	}
	return c
}

// first returns the first text that is not empty.
func first(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// Service is what StartService starts: Replicas containers, named Name-1, Name-2 and so on.
type Service struct {
	Name     string
	Image    string
	Replicas int
	Env      map[string]string
	Files    map[string]string // what stands in files of its containers, by their paths: secrets
	Port     int               // on which it serves HTTP in its container; 8080 if 0
	Ready    string            // the path that answers 200 when it is ready; /readyz if empty
}

// Record is what became of a fault. A Fault that happened and was recovered from has both
// proofs and no Error.
type Record struct {
	Fault      chaos.Sentence `json:"fault"`
	Injected   time.Time      `json:"injected"`           // when the engine was asked to
	Proven     time.Time      `json:"proven"`             // when it was proven that it bit
	Proof      string         `json:"proof,omitempty"`    // that it bit
	Recovering time.Time      `json:"recovering"`         // when recovery began
	Recovered  time.Time      `json:"recovered"`          // when recovery was proven
	Recovery   string         `json:"recovery,omitempty"` // the proof
	Error      string         `json:"error,omitempty"`    // what went otherwise than it must
}

// Happened says whether the fault bit, and that was proven.
func (r Record) Happened() bool { return r.Proof != "" }
