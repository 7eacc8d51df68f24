// Package payment is the payment service: it holds, takes and gives back money at a
// gateway, which is a network away and outside every transaction.
//
//	AuthorisePayment: record PaymentStarted -> Gateway.Authorise -> record the answer
//	CapturePayment:                            Gateway.Capture   -> record the answer
//	VoidPayment:      record VoidRequested  -> learn the intent  -> Gateway.Cancel, or
//	                                           Gateway.Refund if captured -> record
//
// # What can fail
//
// The process can die, or an answer be lost, at every arrow; then the message comes again
// and the same calls are made under the same idempotency keys, which derive from the order
// and the purpose, never from the attempt. What is recorded before a call says that money
// may have moved.
//
// Capture and void may run at once. The gateway decides: an intent that was cancelled is
// not captured, and one that was captured is refunded instead. If a void finds a payment
// whose authorisation has no answer yet, it asks the gateway for the authorisation once
// more under its key: that yields the one answer, late request or not, and then it can be
// undone. After VoidRequested nothing is authorised or captured any more.
//
// A gateway that refuses an authorisation for good (RefusedError) holds nothing: the payment
// is declined, and undoing it has nothing to undo. Other errors that are no outage repeat on
// the retry tiers and end among the dead letters, for somebody to mend and to redrive.
package payment
