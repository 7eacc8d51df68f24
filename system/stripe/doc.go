// Package stripe is the payment.Gateway of a provider that speaks Stripe's HTTP API:
// payment intents that are authorised first and captured later.
//
//	Authorise   POST /v1/payment_intents               capture_method=manual, confirm=true
//	Capture     POST /v1/payment_intents/{id}/capture
//	Cancel      POST /v1/payment_intents/{id}/cancel
//	Refund      POST /v1/refunds
//
// Bodies go out form-encoded and come back as JSON. Every call carries the caller's
// Idempotency-Key: the provider has the effect once and answers the same again (Stripe API
// reference, Idempotent requests; keys live for 24 h at least).
//
// # What can fail
//
//	200               done; an answer that cannot be read, or breaks off, is none
//	402 card_error    a decline, which is an answer
//	400               payment_intent_unexpected_state tells what is so instead:
//	                  cancelled, captured, or done already
//	400, 402          invalid_request_error: the request is wrong, or cannot succeed. Of an
//	                  authorisation that is a refusal for good (payment.RefusedError): nothing
//	                  is held, the same request gets the same answer
//	400               idempotency_error: the key was used for another request, which may have
//	                  held something: an error that somebody must look into
//	404               the address is wrong, or the intent: such an error too
//	401, 403          the secret is: unavailable, until somebody mends the secret
//	409, 429, 5xx     unavailable: the same again under the same key
//	424               unavailable: something beyond the provider is
//	no answer         unavailable
//
// (Stripe API reference, Errors; Advanced error handling, Content errors: most answers of 400
// are not kept under the key, so the same request is judged afresh, by the same rules.)
//
// Unavailable is port.ErrUnavailable: the outcome is unknown. Errors name the call, the
// status and the provider's code and request id. They quote no message and no address,
// which may hold what nobody should log.
package stripe
