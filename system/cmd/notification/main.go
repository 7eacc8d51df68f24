// Command notification runs a replica of the notification service. Package deploy says how
// it is configured; besides that it needs
//
//	SQUALL_SMTP_ADDR           the mail server's, as mail.example:587
//	SQUALL_SMTP_FROM           the sender, as orders@shop.example
//	SQUALL_SMTP_TLS            required (the default), opportunistic or none
//	SQUALL_SMTP_USER           if the server wants credentials
//	SQUALL_SMTP_PASSWORD_FILE  a file that holds the password
package main

import (
	"errors"
	"fmt"

	"github.com/squallhq/squall/system"
	"github.com/squallhq/squall/system/cmd/internal/deploy"
	"github.com/squallhq/squall/system/event"
	"github.com/squallhq/squall/system/smtp"
)

func main() { deploy.Main(event.Notification, "127.0.0.1:8084", mailer) }

type config struct {
	Addr         string `env:"SQUALL_SMTP_ADDR,notEmpty"`
	From         string `env:"SQUALL_SMTP_FROM,notEmpty"`
	TLS          string `env:"SQUALL_SMTP_TLS"`
	User         string `env:"SQUALL_SMTP_USER"`
	PasswordFile string `env:"SQUALL_SMTP_PASSWORD_FILE"`
}

// variables are those of the fields of smtp.Config.
var variables = map[string]string{
	"Address": "SQUALL_SMTP_ADDR", "From": "SQUALL_SMTP_FROM",
	"TLS": "SQUALL_SMTP_TLS", "PasswordFile": "SQUALL_SMTP_PASSWORD_FILE",
}

func mailer() (system.Outside, error) {
	c, err := deploy.Read[config]()
	if err != nil {
		return system.Outside{}, err
	}
	m, err := smtp.New(smtp.Config{Address: c.Addr, From: c.From, TLS: c.TLS, User: c.User, PasswordFile: c.PasswordFile})
	if wrong, ok := errors.AsType[*smtp.ConfigError](err); ok {
		return system.Outside{}, fmt.Errorf("%s: %w", variables[wrong.Field], wrong.Err)
	}
	if err != nil {
		return system.Outside{}, err
	}
	return system.Outside{Mailer: m}, nil
}
