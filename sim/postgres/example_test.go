package postgres_test

import (
	"context"
	"fmt"

	"github.com/squallhq/squall/sim"
	"github.com/squallhq/squall/sim/postgres"
	"github.com/squallhq/squall/system/port"
)

// withdraw is code as sqlc generates it and services use it. It loses updates.
func withdraw(ctx context.Context, db port.DB, amount int) error {
	var balance int
	if err := db.QueryRow(ctx, `SELECT balance FROM account WHERE id = $1`, 1).Scan(&balance); err != nil {
		return err
	}
	_, err := db.Exec(ctx, `UPDATE account SET balance = $2 WHERE id = $1`, 1, balance-amount)
	return err
}

// balanceAfter lets two clients withdraw in the world of a seed and returns what is left.
func balanceAfter(seed uint64) (balance int, err error) {
	world := sim.NewWorld(seed, sim.Options{})
	server := postgres.NewServer(world, world.AddNode("database", "database"), postgres.Options{})
	server.Node().Start()
	client := world.AddNode("client", "client")
	client.Boot = func(ctx context.Context) {
		defer world.Stop()
		db := server.Open(client, postgres.PoolConfig{})
		if _, err = db.Exec(ctx, `CREATE TABLE account (id int PRIMARY KEY, balance int); INSERT INTO account VALUES (1, 100)`); err != nil {
			return
		}
		group, shared := port.NewGroup(ctx, client.Runtime())
		for i := range 2 {
			group.Go(shared, fmt.Sprintf("withdrawal %d", i), func(ctx context.Context) error {
				for range 2 {
					if err := withdraw(ctx, db, 10); err != nil {
						return err
					}
				}
				return nil
			})
		}
		if err = group.Wait(shared); err != nil {
			return
		}
		err = db.QueryRow(ctx, `SELECT balance FROM account WHERE id = 1`).Scan(&balance)
	}
	client.Start()
	if failed := world.Run(); failed != nil {
		return 0, failed
	}
	return balance, err
}

// Code that reads, computes and writes without a lock loses updates when two run at once.
// A seed shows it, and shows it again whenever it is run.
func Example() {
	for seed := uint64(1); seed <= 100; seed++ {
		balance, err := balanceAfter(seed)
		if err != nil {
			fmt.Println(err)
			return
		}
		if balance != 60 {
			again, _ := balanceAfter(seed)
			fmt.Println("an update was lost; the same seed loses it again:", balance == again)
			return
		}
	}
	// Output: an update was lost; the same seed loses it again: true
}
