package deploy

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/caarlos0/env/v11"

	"github.com/squallhq/squall/system/postgres"
	"github.com/squallhq/squall/system/rabbitmq"
)

// config is what every service needs to know.
type config struct {
	HTTPAddr     string `env:"SQUALL_HTTP_ADDR"`
	PostgresURL  string `env:"SQUALL_POSTGRES_URL"`
	PostgresFile string `env:"SQUALL_POSTGRES_URL_FILE"`
	PostgresPass string `env:"SQUALL_POSTGRES_PASSWORD_FILE"`
	RabbitMQURL  string `env:"SQUALL_RABBITMQ_URL"`
	RabbitMQFile string `env:"SQUALL_RABBITMQ_URL_FILE"`
	RabbitMQPass string `env:"SQUALL_RABBITMQ_PASSWORD_FILE"`
}

// Read fills the fields of a struct from the variables that their env tags name (package
// github.com/caarlos0/env). The error names the variable.
func Read[C any]() (C, error) {
	c, err := env.ParseAs[C]()
	var all env.AggregateError
	if errors.As(err, &all) && len(all.Errors) > 0 {
		return c, all.Errors[0]
	}
	return c, err
}

// readConfig reads and completes the configuration.
func readConfig(defaultAddr string) (config, error) {
	c, err := Read[config]()
	if err != nil {
		return c, err
	}
	if c.HTTPAddr == "" {
		c.HTTPAddr = defaultAddr
	}
	if _, _, err := net.SplitHostPort(c.HTTPAddr); err != nil {
		return c, errors.New("SQUALL_HTTP_ADDR must be like 127.0.0.1:8080")
	}
	if c.PostgresURL, err = valueOf("SQUALL_POSTGRES_URL", c.PostgresURL, c.PostgresFile); err != nil {
		return c, err
	}
	if c.RabbitMQURL, err = valueOf("SQUALL_RABBITMQ_URL", c.RabbitMQURL, c.RabbitMQFile); err != nil {
		return c, err
	}
	if err := readable("SQUALL_POSTGRES_PASSWORD_FILE", c.PostgresPass); err != nil {
		return c, err
	}
	return c, readable("SQUALL_RABBITMQ_PASSWORD_FILE", c.RabbitMQPass)
}

// readable checks the file that a variable names, if it does.
func readable(variable, file string) error {
	if file == "" {
		return nil
	}
	if _, err := os.ReadFile(file); err != nil {
		return fmt.Errorf("%s: %w", variable, err)
	}
	return nil
}

// valueOf returns a variable's value or what stands in the file that its _FILE variable names.
func valueOf(variable, value, file string) (string, error) {
	switch {
	case value != "" && file != "":
		return "", fmt.Errorf("%s and %s_FILE are both set; one is enough", variable, variable)
	case file != "":
		text, err := os.ReadFile(file)
		if err != nil {
			return "", fmt.Errorf("%s_FILE: %w", variable, err)
		}
		value = strings.TrimSpace(string(text))
	}
	if value == "" {
		return "", fmt.Errorf("%s is not set, and %s_FILE neither", variable, variable)
	}
	return value, nil
}

func (c config) postgres(service string) (postgres.Config, error) {
	if !strings.HasPrefix(c.PostgresURL, "postgres://") && !strings.HasPrefix(c.PostgresURL, "postgresql://") {
		return postgres.Config{}, errors.New("SQUALL_POSTGRES_URL must be like postgres://user@host:5432/database")
	}
	return postgres.Config{URL: c.PostgresURL, PasswordFile: c.PostgresPass, ApplicationName: "squall " + service}, nil
}

func (c config) rabbitmq() rabbitmq.Config {
	return rabbitmq.Config{URL: c.RabbitMQURL, PasswordFile: c.RabbitMQPass}
}
