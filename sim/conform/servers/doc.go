// Package servers finds or starts the real PostgreSQL and RabbitMQ that tests run
// against.
//
// A server is looked for in this order, and the first that is found is used:
//
//	environment   SQUALL_POSTGRES_URL, SQUALL_RABBITMQ_URL       used as it is, never stopped
//	Docker        SQUALL_POSTGRES_IMAGE, SQUALL_RABBITMQ_IMAGE   or postgres:15, rabbitmq:3.13;
//	              only images that are present, unless SQUALL_DOCKER_PULL=1
//	binaries      PATH, /usr/lib/postgresql/*/bin, /usr/lib/rabbitmq/bin, Homebrew
//
// What is started listens on the loopback only, works in a directory of its own, and
// does not survive the process that started it, however that ends: a small shell,
// the reaper, waits on a pipe from this process and cleans up when the pipe breaks.
//
//	test process --pipe--> reaper (sh)
//	     |                    | when the pipe breaks: kill, remove the directory
//	     +------> server <----+
//
// Without any server a test is skipped with a loud line. Where servers are required,
// with SQUALL_REQUIRE_SERVERS=1 or CI=true, it fails. A server that was found but does
// not start or answer always fails the test.
//
// Tests share one server of each kind per process, started when first asked for:
//
//	func TestMain(m *testing.M) { servers.Main(m) }
//
//	func TestStore(t *testing.T) {
//		url := servers.Postgres(t) // a fresh, empty database
//		...
//	}
//
// Tests that restart a server start one of their own with NewPostgres or NewRabbitMQ.
package servers
