package rabbitmq

import (
	"errors"
	"fmt"

	"github.com/squallhq/squall/system/port"
)

// nameOf names the crossing of a method.
func nameOf(method port.Method) string {
	switch m := method.(type) {
	case port.DeclareExchange:
		return "declare exchange " + m.Name
	case port.DeclareQueue:
		return "declare queue " + m.Name
	case port.BindQueue:
		return "bind queue " + m.Queue
	case port.UnbindQueue:
		return "unbind queue " + m.Queue
	case port.BindExchange:
		return "bind exchange " + m.Destination
	case port.UnbindExchange:
		return "unbind exchange " + m.Destination
	case port.PurgeQueue:
		return "purge queue " + m.Name
	case port.DeleteQueue:
		return "delete queue " + m.Name
	case port.DeleteExchange:
		return "delete exchange " + m.Name
	case port.Prefetch:
		return "prefetch"
	case port.Consume:
		return "consume from " + m.Queue
	case port.CancelConsumer:
		return "cancel consumer"
	case port.Get:
		return "get from " + m.Queue
	}
	return "method"
}

// shortTextMax is the length of AMQP's short string in octets.
const shortTextMax = 255

var errTextTooLong = errors.New("a name, key or property is longer than 255 octets")

func checkTexts(texts ...string) error {
	for _, text := range texts {
		if len(text) > shortTextMax {
			return errTextTooLong
		}
	}
	return nil
}

// checkPublishing refuses what cannot be put into frames.
func checkPublishing(p *port.Publishing) error {
	if len(p.Exchange)+len(p.Key)+len(p.ContentType)+len(p.CorrelationID)+len(p.MessageID)+len(p.Type)+len(p.AppID)+
		len(p.Expiration) > shortTextMax {
		if err := checkTexts(p.Exchange, p.Key, p.ContentType, p.CorrelationID, p.MessageID, p.Type, p.AppID, p.Expiration); err != nil {
			return err
		}
	}
	return checkTable(p.Headers)
}

// checkSettlement refuses what no frame can say.
func checkSettlement(s port.Settlement) error {
	switch {
	case s.Verdict == port.RejectRequeue && s.Multiple:
		return errors.New("basic.reject settles one delivery")
	case int(s.Verdict) < 0 || int(s.Verdict) >= len(settleNames):
		return fmt.Errorf("unknown verdict %d", s.Verdict)
	}
	return nil
}

// checkMethod refuses what cannot be put into a frame.
func checkMethod(method port.Method) error {
	switch m := method.(type) {
	case port.DeclareExchange:
		return errors.Join(checkTexts(m.Name, m.Kind), checkTable(m.Args))
	case port.DeclareQueue:
		return errors.Join(checkTexts(m.Name), checkTable(m.Args))
	case port.BindQueue:
		return errors.Join(checkTexts(m.Queue, m.Exchange, m.Key), checkTable(m.Args))
	case port.UnbindQueue:
		return errors.Join(checkTexts(m.Queue, m.Exchange, m.Key), checkTable(m.Args))
	case port.BindExchange:
		return errors.Join(checkTexts(m.Destination, m.Source, m.Key), checkTable(m.Args))
	case port.UnbindExchange:
		return errors.Join(checkTexts(m.Destination, m.Source, m.Key), checkTable(m.Args))
	case port.PurgeQueue:
		return checkTexts(m.Name)
	case port.DeleteQueue:
		return checkTexts(m.Name)
	case port.DeleteExchange:
		return checkTexts(m.Name)
	case port.Consume:
		return errors.Join(checkTexts(m.Queue, m.Consumer), checkTable(m.Args))
	case port.CancelConsumer:
		return checkTexts(m.Consumer)
	case port.Get:
		return checkTexts(m.Queue)
	case port.Prefetch:
		if m.Count < 0 || m.Count > 65535 {
			return fmt.Errorf("prefetch of %d: it is between 0 and 65535", m.Count)
		}
	}
	return nil
}
