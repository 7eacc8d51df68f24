package postgres

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/squallhq/squall/system/port"
)

// withComment has BEGIN and COMMIT say what the transaction is for, as a comment behind
// them: `begin /* CapturePayment{ann/order-7} */`. pg_stat_activity shows it, and who stands
// between service and server can read it. A BEGIN or COMMIT of the caller's own stays as
// it is, and so does everything for an op without a business key.
func withComment(ctx context.Context, options pgx.TxOptions) pgx.TxOptions {
	comment := commentOf(port.OpOf(ctx))
	if comment == "" {
		return options
	}
	if options.BeginQuery == "" {
		options.BeginQuery = beginText(options) + comment
	}
	if options.CommitQuery == "" {
		options.CommitQuery = "commit" + comment
	}
	return options
}

// commentMax keeps the comment within what pg_stat_activity shows (track_activity_query_size
// is 1024 octets unless configured).
const commentMax = 512

// commentOf returns the comment of an op, or nothing if the op has no business key or could
// be read as anything but a comment.
func commentOf(op port.Op) string {
	if op.Name == "" || op.Key == "" || len(op.Name)+len(op.Key) > commentMax {
		return ""
	}
	if strings.ContainsFunc(op.Name, unfit) || strings.ContainsFunc(op.Key, unfit) {
		return ""
	}
	return " /* " + op.String() + " */"
}

// unfit says whether a character has no place in a comment. Without an asterisk a comment
// can neither end early nor hold another; braces delimit the key; the rest is for those who
// read the comment.
func unfit(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
		return false
	default:
		return !strings.ContainsRune("/-_.:@+=#,", r)
	}
}

// beginText writes BEGIN as pgx does for options without a query of their own.
func beginText(options pgx.TxOptions) string {
	text := "begin"
	if options.IsoLevel != "" {
		text += " isolation level " + string(options.IsoLevel)
	}
	if options.AccessMode != "" {
		text += " " + string(options.AccessMode)
	}
	if options.DeferrableMode != "" {
		text += " " + string(options.DeferrableMode)
	}
	return text
}
