package system

import (
	"context"
	"fmt"
	"net/http"

	"github.com/squallhq/squall/system/event"
	"github.com/squallhq/squall/system/flow"
	"github.com/squallhq/squall/system/inventory"
	"github.com/squallhq/squall/system/notification"
	"github.com/squallhq/squall/system/order"
	"github.com/squallhq/squall/system/payment"
	"github.com/squallhq/squall/system/web"
)

// APIs holds the descriptions of the services' HTTP interfaces. They are the same for every
// replica, and costly to make: make them once in a process.
type APIs struct{ order, payment, inventory, notification *web.API }

// NewAPIs describes all interfaces.
func NewAPIs() *APIs {
	return &APIs{order.NewAPI(), payment.NewAPI(), inventory.NewAPI(), notification.NewAPI()}
}

// Outside are the ports to the outside world that single services need.
type Outside struct {
	Gateway payment.Gateway     // of the payment service
	Mailer  notification.Mailer // of the notification service
}

// Service is one replica, ready to run.
type Service struct {
	// Handler serves the HTTP interface. It needs Prepare to have returned.
	Handler http.Handler
	engine  *flow.Engine
}

// Prepare migrates the database; its error is ctx's.
func (s *Service) Prepare(ctx context.Context) error { return s.engine.Prepare(ctx) }

// Run relays, consumes and fires timers until ctx ends.
func (s *Service) Run(ctx context.Context) error { return s.engine.Run(ctx) }

// Assemble builds a replica of the named service from its ports. An unknown name is an
// error.
func Assemble(name string, apis *APIs, ports flow.Ports, outside Outside, settings flow.Settings) (*Service, error) {
	switch name {
	case event.Order:
		s := order.New(ports, settings)
		return &Service{web.Bind(apis.order, s), s.Engine}, nil
	case event.Payment:
		s := payment.New(ports, outside.Gateway, settings)
		return &Service{web.Bind(apis.payment, s), s.Engine}, nil
	case event.Inventory:
		s := inventory.New(ports, settings)
		return &Service{web.Bind(apis.inventory, s), s.Engine}, nil
	case event.Notification:
		s := notification.New(ports, outside.Mailer, settings)
		return &Service{web.Bind(apis.notification, s), s.Engine}, nil
	default:
		return nil, fmt.Errorf("there is no service %q", name)
	}
}
