// Package smtp is the notification.Mailer that hands mail to an SMTP server.
//
// A mail's Message-ID is its own id at the sender's domain, the same each time it is sent,
// so that whoever gets it twice can tell (RFC 5322, 3.6.4).
//
//	Mail{ID: completed.7} -> Message-ID: <completed.7@shop.example>
//
// # What can fail
//
//	a 5xx to the recipient or the content   notification.ErrRefused: nothing was sent, and
//	                                        nothing will be
//	a line break in a field                 likewise; it would be a header of the sender's choice
//	everything else                         port.ErrUnavailable: no server, no answer, a 4xx, or
//	                                        a 5xx that speaks of us (greeting, sender, credentials)
//
// Once the server has taken the content, what goes wrong after that is no error. Errors tell the stage
// and the code, and neither address nor text.
package smtp
