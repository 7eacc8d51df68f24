package outside

import (
	"errors"
	"fmt"
	"io"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/squallhq/squall/invariants"
	"github.com/squallhq/squall/system/notification"
)

// SMTPSink serves a Mailbox over SMTP: what is sent to it arrives there.
type SMTPSink struct {
	guard guard
	core  *Mailbox
	fate  func(notification.Mail) Fate
}

// NewSMTPSink returns the sink of core. fate is asked about each mail before it is
// delivered, without a lock; it may be nil.
func NewSMTPSink(core *Mailbox, fate func(notification.Mail) Fate) *SMTPSink {
	if fate == nil {
		fate = func(notification.Mail) Fate { return Serve }
	}
	return &SMTPSink{core: core, fate: fate}
}

// Mails returns the core's.
func (s *SMTPSink) Mails() (mails []invariants.Mail) {
	s.guard.do(func() { mails = slices.Clone(s.core.Mails()) })
	return mails
}

// Server returns an SMTP server that has yet to be given a listener.
func (s *SMTPSink) Server() *smtp.Server {
	server := smtp.NewServer(smtp.BackendFunc(func(conn *smtp.Conn) (smtp.Session, error) {
		return &smtpSession{sink: s, conn: conn}, nil
	}))
	server.Domain = "localhost"
	server.MaxRecipients, server.MaxMessageBytes, server.MaxLineLength = 1, 1<<20, 1000
	server.ReadTimeout, server.WriteTimeout = 30*time.Second, 30*time.Second
	server.ErrorLog = discard{}
	return server
}

// discard keeps broken connections, which are expected, out of the log.
type discard struct{}

func (discard) Printf(string, ...any) {}
func (discard) Println(...any)        {}

// smtpSession is one mail on its way in.
type smtpSession struct {
	sink *SMTPSink
	conn *smtp.Conn
	to   string
}

func (s *smtpSession) Reset()                                    { s.to = "" }
func (s *smtpSession) Logout() error                             { return nil }
func (s *smtpSession) Mail(string, *smtp.MailOptions) error      { return nil }
func (s *smtpSession) Rcpt(to string, _ *smtp.RcptOptions) error { s.to = to; return nil }

// Data takes the content in.
func (s *smtpSession) Data(r io.Reader) error {
	arrived, err := readMail(r, s.to)
	if err != nil {
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: err.Error()}
	}
	fate := s.sink.fate(arrived)
	switch fate {
	case FailFirst:
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "try again"}
	case RefuseAll:
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such mailbox"}
	}
	s.sink.guard.do(func() { s.sink.core.Deliver(arrived) })
	if fate == LoseReply {
		_ = s.conn.Conn().Close()
	}
	return nil
}

// readMail reads a message in the form of RFC 5322.
func readMail(r io.Reader, to string) (notification.Mail, error) {
	message, err := mail.ReadMessage(r)
	if err != nil {
		return notification.Mail{}, fmt.Errorf("no mail: %w", err)
	}
	text, err := io.ReadAll(message.Body)
	if err != nil {
		return notification.Mail{}, fmt.Errorf("no mail: %w", err)
	}
	id, _, hasDomain := strings.Cut(strings.Trim(message.Header.Get("Message-Id"), "<>"), "@")
	if !hasDomain || id == "" {
		return notification.Mail{}, errors.New("no Message-ID")
	}
	return notification.Mail{ID: id, To: to, Subject: message.Header.Get("Subject"), Text: string(text)}, nil
}
