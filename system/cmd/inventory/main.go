// Command inventory runs a replica of the inventory service. Package deploy says how it is configured.
package main

import (
	"github.com/squallhq/squall/system/cmd/internal/deploy"
	"github.com/squallhq/squall/system/event"
)

func main() { deploy.Main(event.Inventory, "127.0.0.1:8083", deploy.NoOutside) }
