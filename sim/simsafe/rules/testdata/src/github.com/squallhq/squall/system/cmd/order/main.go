// Order is a thin main: it reads the real world and holds no SQL.
package main

import (
	"os"
	"time"
)

func main() {
	go println(os.Getenv("HOME"), time.Now().String())
	_ = "CREATE TABLE t ()" // want `sql: CREATE statement`
}
