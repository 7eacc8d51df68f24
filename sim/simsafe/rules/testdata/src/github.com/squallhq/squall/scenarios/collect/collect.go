// Package collect may hold SQL.
package collect

const orders = "SELECT id FROM orders"
