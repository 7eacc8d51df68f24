package outside

import (
	"context"
	"io"
	"net/http"
	"net/url"
)

// HTTPDoor leads to a service over the network.
type HTTPDoor struct {
	Client *http.Client
	// Address returns the base URL of some replica, http://127.0.0.1:8081. It is asked
	// for each request.
	Address func() string
}

// answerMax bounds an answer's body, in bytes.
const answerMax = 1 << 20

// Do sends a request. On an error the outcome is unknown.
func (d *HTTPDoor) Do(ctx context.Context, request *http.Request) (Answer, error) {
	base, err := url.Parse(d.Address())
	if err != nil {
		return Answer{}, err
	}
	request = request.Clone(ctx)
	// net/http repeats by itself what carries an Idempotency-Key and can be read again. Who
	// repeats here, and who writes attempts down, is the client.
	request.GetBody = nil
	request.URL.Scheme, request.URL.Host, request.Host = base.Scheme, base.Host, base.Host
	response, err := d.Client.Do(request)
	if err != nil {
		return Answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, answerMax))
	if err != nil {
		return Answer{}, err
	}
	return Answer{Status: response.StatusCode, Body: body}, nil
}
