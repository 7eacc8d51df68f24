// Package deploy is what the commands of all services share: from environment variables to
// a running replica, and from SIGTERM to its end.
//
//	configuration -> migrate -> listen -> run ... SIGTERM -> stop listening -> stop running
//	     |              |                             |
//	  exit 2      until it succeeds         /readyz 503 at once; exit 0, or 1 after StopMax
//
// # Configuration
//
//	SQUALL_HTTP_ADDR               where to listen; 127.0.0.1 and a port of the service's own
//	SQUALL_POSTGRES_URL            postgres://user@host/database, or
//	SQUALL_POSTGRES_URL_FILE       a file that holds it
//	SQUALL_POSTGRES_PASSWORD_FILE  the password, if the URL has none
//	SQUALL_RABBITMQ_URL            amqp://user@host/vhost, or
//	SQUALL_RABBITMQ_URL_FILE       a file that holds it
//	SQUALL_RABBITMQ_PASSWORD_FILE  instead of the URL's password
//
// A service may need more; its command says what. Files of passwords are read for every
// connection. What is wrong with a variable is said in its name, and its value, which may be
// a secret, is not shown.
//
// # Probes
//
// /healthz answers as long as the process serves HTTP. /readyz answers 200 while the database
// does and the process is not about to end: requests and queries need the database alone,
// what they lead to waits in the outbox for the broker. A replica that has 20 requests in
// progress stays ready, and refuses what is more at once: 503, urn:squall:overloaded, Retry-After.
//
// A command with the argument health asks /healthz of the replica that runs with the same
// SQUALL_HTTP_ADDR: for images, which have nothing else to ask with.
//
// # What can fail
//
// Servers that are away are waited for, at the start and later. An orderly end loses nothing: a
// delivery in hand goes back to its queue, a unit of work ends or never was. So does a
// disorderly one.
//
//	exit 0   ended by SIGTERM or SIGINT, in order
//	exit 1   could not listen, did not end in time, or a loop gave up (a bug)
//	exit 2   the configuration is wrong; or a panic, as in any Go program
package deploy
