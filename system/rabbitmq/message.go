package rabbitmq

import (
	"errors"
	"fmt"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/squallhq/squall/system/port"
)

// shortTextMax is the length of AMQP's short string in octets.
const shortTextMax = 255

// deliveryModePersistent is AMQP's number for messages that survive a restart.
const (
	deliveryModeTransient  = 1
	deliveryModePersistent = 2
)

// publishingOf checks what would make the library end the connection in the middle of
// a frame, and converts.
func publishingOf(m *port.Publishing) (amqp.Publishing, error) {
	if err := checkTexts(m.Exchange, m.Key, m.ContentType, m.CorrelationID, m.MessageID, m.Type, m.AppID, m.Expiration); err != nil {
		return amqp.Publishing{}, err
	}
	headers, err := tableOf(m.Headers)
	if err != nil {
		return amqp.Publishing{}, err
	}
	mode := uint8(deliveryModeTransient)
	if m.Persistent {
		mode = deliveryModePersistent
	}
	return amqp.Publishing{
		Headers: headers, ContentType: m.ContentType, DeliveryMode: mode, Priority: m.Priority,
		CorrelationId: m.CorrelationID, Expiration: m.Expiration, MessageId: m.MessageID,
		Timestamp: m.Timestamp, Type: m.Type, AppId: m.AppID, Body: m.Body,
	}, nil
}

func deliveryOf(d *amqp.Delivery) port.Delivery {
	return port.Delivery{
		Consumer: d.ConsumerTag, Tag: d.DeliveryTag, Redelivered: d.Redelivered,
		Exchange: d.Exchange, Key: d.RoutingKey,
		Properties: port.Properties{
			ContentType: d.ContentType, CorrelationID: d.CorrelationId, MessageID: d.MessageId,
			Type: d.Type, AppID: d.AppId, Expiration: d.Expiration,
			Persistent: d.DeliveryMode == deliveryModePersistent, Priority: d.Priority,
			Timestamp: timeOf(d.Timestamp), Headers: tableFrom(d.Headers),
		},
		Body: d.Body,
	}
}

func returnedOf(r *amqp.Return) port.Returned {
	return port.Returned{
		Code: int(r.ReplyCode), Text: r.ReplyText, Exchange: r.Exchange, Key: r.RoutingKey,
		Properties: port.Properties{
			ContentType: r.ContentType, CorrelationID: r.CorrelationId, MessageID: r.MessageId,
			Type: r.Type, AppID: r.AppId, Expiration: r.Expiration,
			Persistent: r.DeliveryMode == deliveryModePersistent, Priority: r.Priority,
			Timestamp: timeOf(r.Timestamp), Headers: tableFrom(r.Headers),
		},
		Body: r.Body,
	}
}

func timeOf(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC()
}

// tableOf converts and checks a table of arguments or headers.
func tableOf(table port.Table) (amqp.Table, error) {
	if table == nil {
		return nil, nil
	}
	converted := make(amqp.Table, len(table))
	for name, value := range table {
		if err := checkTexts(name); err != nil {
			return nil, err
		}
		field, err := fieldOf(value)
		if err != nil {
			return nil, fmt.Errorf("field %q: %w", name, err)
		}
		converted[name] = field
	}
	return converted, nil
}

func fieldOf(value any) (any, error) {
	switch value := value.(type) {
	case nil, string, bool, int32, int64, time.Time, []byte:
		return value, nil
	case port.Table:
		return tableOf(value)
	case []any:
		converted := make([]any, len(value))
		for i := range value {
			field, err := fieldOf(value[i])
			if err != nil {
				return nil, err
			}
			converted[i] = field
		}
		return converted, nil
	default:
		return nil, fmt.Errorf("a value of type %T does not fit into an AMQP table", value)
	}
}

// tableFrom is the inverse of tableOf. Smaller integers, which other publishers send,
// become int64; what port.Table does not know, such as floats, stays as it is.
func tableFrom(table amqp.Table) port.Table {
	if table == nil {
		return nil
	}
	converted := make(port.Table, len(table))
	for name, value := range table {
		converted[name] = fieldFrom(value)
	}
	return converted
}

func fieldFrom(value any) any {
	switch value := value.(type) {
	case amqp.Table:
		return tableFrom(value)
	case []any:
		converted := make([]any, len(value))
		for i := range value {
			converted[i] = fieldFrom(value[i])
		}
		return converted
	case time.Time:
		return value.UTC()
	case byte:
		return int64(value)
	case int8:
		return int64(value)
	case int16:
		return int64(value)
	case uint16:
		return int64(value)
	case uint32:
		return int64(value)
	default:
		return value
	}
}

var errTextTooLong = errors.New("a name, key or property is longer than 255 octets")

func checkTexts(texts ...string) error {
	for _, text := range texts {
		if len(text) > shortTextMax {
			return errTextTooLong
		}
	}
	return nil
}

// checkMethod checks the names in a method.
func checkMethod(method port.Method) error {
	switch m := method.(type) {
	case port.DeclareExchange:
		return checkTexts(m.Name, m.Kind)
	case port.DeclareQueue:
		return checkTexts(m.Name)
	case port.BindQueue:
		return checkTexts(m.Queue, m.Exchange, m.Key)
	case port.UnbindQueue:
		return checkTexts(m.Queue, m.Exchange, m.Key)
	case port.BindExchange:
		return checkTexts(m.Destination, m.Source, m.Key)
	case port.UnbindExchange:
		return checkTexts(m.Destination, m.Source, m.Key)
	case port.PurgeQueue:
		return checkTexts(m.Name)
	case port.DeleteQueue:
		return checkTexts(m.Name)
	case port.DeleteExchange:
		return checkTexts(m.Name)
	case port.Consume:
		return checkTexts(m.Queue, m.Consumer)
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
