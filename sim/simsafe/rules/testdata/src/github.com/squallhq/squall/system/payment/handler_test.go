package payment

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool" // want `pool: github.com/jackc/pgx/v5/pgxpool`
)

func TestHandler(t *testing.T) {
	go good()
	_, _ = time.Now(), "DELETE FROM payments"
	_ = pgxpool.Pool{}
}
