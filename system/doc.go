// Package system assembles the services from their ports. What is assembled here is what
// gets deployed (cmd/), what runs in the simulator, and what runs on containers: one code.
//
//	POST /orders
//	     |
//	     v                     squall.commands                 +-----------+
//	+---------+  ReserveStock, CommitStock, ReleaseStock  ---> | inventory |
//	|  order  |  AuthorisePayment, CapturePayment, Void…  ---> | payment   | --> gateway
//	|  (saga) | <---  StockReserved, PaymentAuthorised, …      +-----------+
//	+---------+          squall.events
//	     |  OrderCompleted, OrderCancelled                     +--------------+
//	     +---------------------------------------------------> | notification | --> mail
//	                                                           +--------------+
//
// Each service has its own database with its own facts, outbox, inbox, timers and read
// model (package flow), and answers queries over HTTP from its read model.
package system
