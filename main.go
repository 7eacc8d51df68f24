// Squall runs event-driven services through seeded storms and judges what they did.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "squall: this commit has no commands")
	os.Exit(2)
}
