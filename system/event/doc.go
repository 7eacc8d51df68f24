// Package event holds the language of the services: the messages they exchange and the
// facts they record. It is pure; every service and every judge reads it.
//
// A fact (OrderPlaced) says what has happened and is recorded in a stream. A command
// (ReserveStock) asks one service to do something. Both travel in an Envelope:
//
//	CloudEvents 1.0 JSON, structured mode
//	+--------------------------------------------------------------+
//	| id            who it is: order/0c5e…/1, checkout/0c5e…/reserve|
//	| type, dataschema   OrderPlaced, version of its data          |
//	| source, subject    the service that wrote it; the order's id |
//	| sequence      its place in its stream, 0 for a command       |
//	| correlationid the business key: ann/order-7                  |
//	| causationid   the id of the message that led to it           |
//	| data          the payload                                    |
//	+--------------------------------------------------------------+
//
// Ids derive from what they name, never from chance or time: whoever repeats work after
// an unknown outcome writes the same id again, and whoever has seen it knows.
//
// Decode refuses unknown types and versions with an error that names them. When the data
// of a type changes, its version goes up and an upcaster brings the older form forward.
package event
