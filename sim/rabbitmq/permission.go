package rabbitmq

// Permission is one of RabbitMQ's three (documentation, Access Control, "How
// Authorisation Works").
type Permission string

// The permissions.
const (
	Configure Permission = "configure"
	Write     Permission = "write"
	Read      Permission = "read"
)

// Refusal is a permission that the user of all connections does not have on a resource.
type Refusal struct {
	Permission Permission
	Kind       string // queue or exchange
	Name       string
}

const (
	queueKind    = "queue"
	exchangeKind = "exchange"
)

// permitted checks a permission: 403 if it was taken away.
func (b *broker) permitted(permission Permission, kind, name string) *exception {
	for _, r := range b.refusals {
		if r.Permission == permission && r.Kind == kind && r.Name == name {
			return b.refused(permission, kind, name)
		}
	}
	return nil
}

func (b *broker) refused(permission Permission, kind, name string) *exception {
	if kind == exchangeKind && name == "" {
		name = "amq.default"
	}
	if b.profile >= V313 {
		return raise(403, "%s access to %s '%s' in vhost '/' refused for user 'guest'", permission, kind, name)
	}
	return raise(403, "access to %s '%s' in vhost '/' refused for user 'guest'", kind, name)
}
