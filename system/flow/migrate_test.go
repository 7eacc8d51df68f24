package flow_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/squallhq/squall/system/flow"
)

// A service's file with the name of one of flow's is refused before anything is done: it
// would be taken for the one that is applied already.
func TestErrMigrationNamedTwice(t *testing.T) {
	service := fstest.MapFS{"migrations/0001_flow.sql": {Data: []byte("CREATE TABLE lost (id int)")}}
	err := flow.Migrate(t.Context(), nil, service)
	if err == nil || !strings.Contains(err.Error(), "migrations/0001_flow.sql has the name of a file of package flow") {
		t.Errorf("the error is %v", err)
	}
}
