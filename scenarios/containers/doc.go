// Package containers runs the services' images on real servers in containers, under load and
// under a plan of faults, and judges what is really in the databases, the broker, the gateway
// and the mailbox afterwards by the invariants that judge the simulator.
//
//	load: open loop ----HTTP----> order, payment, inventory, notification   (replicas)
//	                                 |          |              |
//	                              wire.Proxy  wire.Proxy   gateway, mailbox (this process)
//	                                 |          |
//	                           PostgreSQL    RabbitMQ          <--- live: faults of containers
//
//	plan --> storm on the wire, faults of containers --> heal --> rest --> evidence --> verdict
//
// The proxies also cut one direction between a service and its servers, which no engine can, and
// outboxes and queues are read all the time, around the proxies, for the times of their drain.
//
// A plan is the simulator's: its workload is what the load offers, its faults at crossings
// happen on the wire to the same operations, its crashes to the replica that is at the other end of
// the connection, its restarts to the servers' containers. What cannot be carried over is
// listed in the outcome and not dropped silently.
//
// Everything that the verdict rests on is written into the run's folder before anything is
// judged, so that an old run can be judged again without containers.
package containers
