// Command payment runs a replica of the payment service. Package deploy says how it is
// configured; besides that it needs
//
//	SQUALL_GATEWAY_URL          the payment provider's, as https://api.stripe.com
//	SQUALL_GATEWAY_SECRET_FILE  a file that holds its secret key
package main

import (
	"fmt"

	"github.com/squallhq/squall/system"
	"github.com/squallhq/squall/system/cmd/internal/deploy"
	"github.com/squallhq/squall/system/event"
	"github.com/squallhq/squall/system/stripe"
)

func main() { deploy.Main(event.Payment, "127.0.0.1:8082", gateway) }

type config struct {
	URL        string `env:"SQUALL_GATEWAY_URL,notEmpty"`
	SecretFile string `env:"SQUALL_GATEWAY_SECRET_FILE,notEmpty"`
}

func gateway() (system.Outside, error) {
	c, err := deploy.Read[config]()
	if err != nil {
		return system.Outside{}, err
	}
	g, err := stripe.New(stripe.Config{URL: c.URL, SecretFile: c.SecretFile})
	if err != nil {
		return system.Outside{}, fmt.Errorf("SQUALL_GATEWAY_URL, SQUALL_GATEWAY_SECRET_FILE: %w", err)
	}
	return system.Outside{Gateway: g}, nil
}
