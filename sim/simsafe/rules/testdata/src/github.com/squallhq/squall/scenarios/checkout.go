// Package scenarios runs in the simulator, and so do its tests.
package scenarios

const count = "SELECT count(*) FROM orders" // want `sql: SELECT statement`
