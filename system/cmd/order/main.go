// Command order runs a replica of the order service. Package deploy says how it is configured.
package main

import (
	"github.com/squallhq/squall/system/cmd/internal/deploy"
	"github.com/squallhq/squall/system/event"
)

func main() { deploy.Main(event.Order, "127.0.0.1:8081", deploy.NoOutside) }
