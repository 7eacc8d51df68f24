package conform_test

import (
	"testing"

	"github.com/squallhq/squall/sim/conform"
	"github.com/squallhq/squall/sim/postgres"
)

func TestPostgresSimulated(t *testing.T) {
	conform.RunPostgres(t, conform.SimulatedPostgres{Cache: postgres.NewCache()})
}
