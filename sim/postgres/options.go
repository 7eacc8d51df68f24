package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// options are what pgx takes from the front of the arguments.
type options struct {
	mode    pgx.QueryExecMode
	formats pgx.QueryResultFormats
	byOID   pgx.QueryResultFormatsByOID
}

// takeOptions splits pgx's options from the arguments and lets a rewriter such as
// pgx.NamedArgs change text and arguments.
// Only Query has options of results.
func takeOptions(ctx context.Context, text string, args []any, query bool) (options, []any, string, error) {
	o := options{mode: pgx.QueryExecModeCacheStatement}
	var rewriter pgx.QueryRewriter
	for len(args) > 0 {
		switch arg := args[0].(type) {
		case pgx.QueryResultFormats:
			if !query {
				return rewrite(ctx, o, rewriter, text, args)
			}
			o.formats = arg
		case pgx.QueryResultFormatsByOID:
			if !query {
				return rewrite(ctx, o, rewriter, text, args)
			}
			o.byOID = arg
		case pgx.QueryExecMode:
			o.mode = arg
		case pgx.QueryRewriter:
			rewriter = arg
		default:
			return rewrite(ctx, o, rewriter, text, args)
		}
		args = args[1:]
	}
	return rewrite(ctx, o, rewriter, text, args)
}

func rewrite(ctx context.Context, o options, rewriter pgx.QueryRewriter, text string, args []any) (options, []any, string, error) {
	if rewriter == nil {
		return o, args, text, nil
	}
	text, args, err := rewriter.RewriteQuery(ctx, nil, text, args)
	if err != nil {
		return o, nil, text, fmt.Errorf("rewrite query failed: %w", err)
	}
	return o, args, text, nil
}

// checkFormats is what the server says to the formats asked for (PostgreSQL source, PortalSetResultFormat).
func checkFormats(formats []int16, columns int) error {
	if len(formats) > 1 && len(formats) != columns {
		if columns == 0 {
			return unsupported("result formats of a statement without columns")
		}
		return refusal("08P01", fmt.Sprintf("bind message has %d result formats but query has %d columns", len(formats), columns))
	}
	for _, format := range formats {
		if format != pgx.TextFormatCode && format != pgx.BinaryFormatCode {
			return refusal("22023", fmt.Sprintf("unsupported format code: %d", format))
		}
	}
	return nil
}

// formatsFor returns the format of each result column: 0 text, 1 binary.
func (o *options) formatsFor(p *prepared) []int16 {
	switch {
	case o.mode == pgx.QueryExecModeExec:
		return nil
	case o.byOID != nil:
		formats := make([]int16, len(p.fields))
		for i := range formats {
			formats[i] = o.byOID[p.fields[i].DataTypeOID]
		}
		return formats
	case o.formats != nil:
		return o.formats
	}
	return p.formats
}

// formatOf spreads a list of formats over the columns as the protocol does: none means
// text, one means all.
func formatOf(formats []int16, i int) int16 {
	switch {
	case len(formats) == 0:
		return 0
	case len(formats) == 1:
		return formats[0]
	case i < len(formats):
		return formats[i]
	}
	return 0
}
