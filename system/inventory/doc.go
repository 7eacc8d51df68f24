// Package inventory is the inventory service: it reserves stock for orders, all lines or
// none, lets it go out, and takes it back.
//
//	           ReserveStock            CommitStock
//	(nothing) ------------> reserved -------------> committed
//	    |      \                |                       |
//	    |       +-> rejected    |      ReleaseStock     |
//	    +------------+----------+-----------------------+---> released, for good
//
// A reservation is the fold of its facts; the numbers of an article (on hand, reserved) are
// rows that are locked in the order of their SKUs, so that two baskets cannot wait for each
// other. ReleaseStock may come before ReserveStock: the order is then released for good,
// and the late ReserveStock finds that and holds nothing.
//
// Facts and numbers change in one transaction; a message that comes again changes nothing.
package inventory
