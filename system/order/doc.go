// Package order is the order service: it takes orders, conducts their checkout, and shows
// what has become of them.
//
// A checkout is an orchestrated saga. Each step asks one other service for one thing and
// waits for its answer; whatever goes wrong leads to undoing, and undoing always ends:
//
//	          ReserveStock   AuthorisePayment   CommitStock    CapturePayment
//	placed ---> reserving ---> authorising ---> committing ---> capturing ---> completed
//	                |               |               |               |
//	                +-- rejected, declined, overdue, cancelled by customer --+
//	                                        |
//	                                        v
//	                     undoing: ReleaseStock, VoidPayment ---> cancelled
//
// Undoing asks to undo everything that was ever asked for, whether or not an answer came:
// the answer may be late, or the request itself. Inventory and payment remember that an
// order is undone and refuse what overtakes or follows it, so a late success is undone
// where it happens. What the other services cannot undo, because the gateway answers with an
// error that somebody must mend (package payment), waits among their dead letters; the order
// is undoing until they are redriven.
//
// The aggregate (Order) and the saga (Checkout) are pure: a fact or message goes in, the
// next state and what to do comes out. Service does it in one flow.Unit.
package order
