package outside

import (
	"github.com/squallhq/squall/invariants"
	"github.com/squallhq/squall/system/notification"
)

// Mailbox is the core of a mail server: what has arrived. It is not safe for use by several
// goroutines at once.
type Mailbox struct {
	mails []invariants.Mail
	index map[string]int
}

// NewMailbox returns an empty mailbox.
func NewMailbox() *Mailbox { return &Mailbox{index: make(map[string]int)} }

// Deliver takes a mail in. Copies have the same id.
func (m *Mailbox) Deliver(mail notification.Mail) {
	at, known := m.index[mail.ID]
	if !known {
		at = len(m.mails)
		m.index[mail.ID] = at
		m.mails = append(m.mails, invariants.Mail{ID: mail.ID, To: mail.To})
	}
	m.mails[at].Copies++
}

// Mails returns what has arrived, in the order of first arrival.
func (m *Mailbox) Mails() []invariants.Mail { return m.mails }
