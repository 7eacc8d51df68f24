package smtp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"os"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/squallhq/squall/system/notification"
	"github.com/squallhq/squall/system/port"
)

// Config says where the server is and who sends.
type Config struct {
	// Address is the server's, host:port.
	Address string

	// From is the sender's mail address.
	From string

	// TLS is "required" (STARTTLS or nothing is sent), "opportunistic" (STARTTLS
	// where the server offers it), or "none". Empty means required.
	TLS string

	// User and PasswordFile are the credentials, if the server wants any. The file
	// is read for each mail.
	User, PasswordFile string
}

// ConfigError says what is wrong with which field of Config.
type ConfigError struct {
	Field string
	Err   error
}

func (e *ConfigError) Error() string { return "smtp: " + e.Field + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *ConfigError) Unwrap() error { return e.Err }

// sendTimeout bounds the sending of one mail. A context that ends earlier ends it earlier.
const sendTimeout = 10 * time.Second

// Mailer is a notification.Mailer. It makes a connection for each mail, and is safe for
// concurrent use.
type Mailer struct {
	config Config
	host   string
	port   int
	domain string // of the sender
	policy gomail.TLSPolicy
}

var _ notification.Mailer = (*Mailer)(nil)

// New checks config and returns the mailer that it describes. It connects to nothing yet.
// Its errors are *ConfigError.
func New(config Config) (*Mailer, error) {
	m := &Mailer{config: config}
	host, service, err := net.SplitHostPort(config.Address)
	if err == nil {
		m.host = host
		m.port, err = strconv.Atoi(service)
	}
	if err != nil || m.host == "" || m.port < 1 || m.port > 65535 {
		return nil, &ConfigError{"Address", fmt.Errorf("%q must be like mail.example:587", config.Address)}
	}
	from, err := mail.ParseAddress(config.From)
	if err != nil {
		return nil, &ConfigError{"From", fmt.Errorf("%q must be like orders@shop.example", config.From)}
	}
	_, m.domain, _ = strings.Cut(from.Address, "@")
	if m.policy, err = policyOf(config.TLS); err != nil {
		return nil, &ConfigError{"TLS", err}
	}
	if _, err = m.password(); err != nil {
		return nil, &ConfigError{"PasswordFile", err}
	}
	return m, nil
}

func policyOf(name string) (gomail.TLSPolicy, error) {
	switch name {
	case "", "required":
		return gomail.TLSMandatory, nil
	case "opportunistic":
		return gomail.TLSOpportunistic, nil
	case "none":
		return gomail.NoTLS, nil
	default:
		return 0, fmt.Errorf("%q is not required, opportunistic or none", name)
	}
}

func (m *Mailer) password() (string, error) {
	if m.config.User == "" {
		return "", nil
	}
	text, err := os.ReadFile(m.config.PasswordFile)
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	return strings.TrimRight(string(text), "\r\n"), nil
}

// Send hands a mail to the server.
func (m *Mailer) Send(ctx context.Context, mail notification.Mail) error {
	message, err := m.compose(mail)
	if err != nil {
		return err
	}
	line := new(line)
	client, err := m.client(line)
	if err != nil {
		return unavailable("prepare", err)
	}
	defer line.close()
	stop := context.AfterFunc(ctx, line.close)
	defer stop()
	session, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return unavailable("connect", because(ctx, err))
	}
	if err := client.SendWithSMTPClient(session, message); err != nil && !message.IsDelivered() {
		return explain(ctx, err)
	}
	_ = client.CloseWithSMTPClient(session) // the mail is on its way, whatever this says
	return nil
}

// compose writes the message. Its error matches notification.ErrRefused.
func (m *Mailer) compose(mail notification.Mail) (*gomail.Msg, error) {
	if strings.ContainsAny(mail.ID+mail.To+mail.Subject, "\r\n\x00") || strings.ContainsAny(mail.ID, " <>@") || mail.ID == "" {
		return nil, fmt.Errorf("smtp: %w: a field has characters that do not belong there", notification.ErrRefused)
	}
	message := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if message.From(m.config.From) != nil || message.To(mail.To) != nil {
		return nil, fmt.Errorf("smtp: %w: an address is none", notification.ErrRefused)
	}
	message.SetMessageIDWithValue(mail.ID + "@" + m.domain)
	message.SetDate()
	message.Subject(mail.Subject)
	message.SetBodyString(gomail.TypeTextPlain, mail.Text)
	return message, nil
}

func (m *Mailer) client(line *line) (*gomail.Client, error) {
	options := []gomail.Option{
		gomail.WithPort(m.port), gomail.WithTimeout(sendTimeout), gomail.WithTLSPolicy(m.policy),
		gomail.WithHELO(m.domain), gomail.WithoutNoop(), gomail.WithDialContextFunc(line.dial),
	}
	if m.config.User != "" {
		password, err := m.password()
		if err != nil {
			return nil, err
		}
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover),
			gomail.WithUsername(m.config.User), gomail.WithPassword(password))
	}
	return gomail.NewClient(m.host, options...)
}

// unavailable says that a mail may or may not be on its way.
func unavailable(stage string, cause error) error {
	return fmt.Errorf("smtp: %s: %w: %w", stage, port.ErrUnavailable, cause)
}

// explain says what a failed sending means. The library's error is not wrapped: it names
// the recipient.
func explain(ctx context.Context, err error) error {
	var failed *gomail.SendError
	if !errors.As(err, &failed) {
		return unavailable("send", because(ctx, errors.New("the connection ended")))
	}
	code := failed.ErrorCode()
	if code >= 500 && aboutTheMail(failed.Reason) {
		return fmt.Errorf("smtp: %w: answered %d", notification.ErrRefused, code)
	}
	return unavailable("send", because(ctx, fmt.Errorf("answered %d at stage %q", code, failed.Reason)))
}

// aboutTheMail says whether a refusal at that stage concerns this mail and not its sender.
func aboutTheMail(stage gomail.SendErrReason) bool {
	switch stage {
	case gomail.ErrSMTPRcptTo, gomail.ErrSMTPData, gomail.ErrSMTPDataClose:
		return true
	default:
		return false
	}
}

// because prefers the context's error, if it ended, as the cause of another.
func because(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}
