// Package live is the storm's containers: it starts PostgreSQL, RabbitMQ and services on the
// local Docker engine, makes faults happen to them, and takes everything away again.
//
//	the tool's process                        Docker, one network per run
//	------------------                        --------------------------------
//	Environment  --- engine's socket --->     database   broker   order-1 order-2 ...
//	load         --- 127.0.0.1:published -->                         |  (services)
//	proxies      <-- ListenHost:port ---------------------------------
//	   `-------- 127.0.0.1:published --->     database   broker       (servers)
//
// A service reaches servers, gateway and mailbox through what the tool listens on at
// ListenHost, under the name DialHost. The tool reaches containers at addresses published on
// the loopback only. Published ports change when a container restarts or was cut off, so
// addresses are asked for each time: DatabaseAddr, BrokerAddr, ServiceURLs.
//
// # What a run leaves behind
//
// Nothing. Every container, network and volume is labelled squall=RUN. Close removes those of
// its run and says what it could not remove. A run whose tool was killed cannot close: a run
// that lives holds a lock on a file that its labels name, and Open removes what belongs to runs
// whose lock nobody holds, but not another user's: that is for that user's next run. Only a
// local engine is used; a DOCKER_HOST elsewhere is refused.
//
// # Faults
//
// Do leads a fault through its life and returns a Record of it:
//
//	set up      the target runs and is ready; what will be compared is noted
//	inject
//	prove       that it bit: the process is gone, nothing accepts, a write finds the disk full
//	hold        for the fault's time, or until the caller gives up
//	recover     whatever became of the target meanwhile, and however the caller's context ended
//	prove       that it recovered: what was changed is as before, and it is ready
//
// Recovery brings the target to the state that it should have, rather than undoing one change:
// a paused container that somebody killed is started, one that was killed while its disk was
// full gets its space back first. A fault whose proof fails is an error in its record; it never
// counts as having happened. Faults of one target take turns.
//
// # Images
//
// The official images of PostgreSQL and RabbitMQ serve, or those that SQUALL_POSTGRES_IMAGE and
// SQUALL_RABBITMQ_IMAGE name; images/build.sh builds equivalents from Debian's packages where
// no registry can be reached, which serve if the official ones are not at hand. The data of each server lies on a volume of limited size in
// memory, which a container of its own, the keeper, holds mounted while the server is down.
package live
