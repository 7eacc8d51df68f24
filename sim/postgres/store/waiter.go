package store

// Waiter stops and resumes the task of a session. Park blocks until Wake was called since the last
// Park returned; an error ends the wait early and becomes the error of the operation that waited.
// Wake of a session that is not parked is never called; a Wake may be spurious for the waiter, who
// looks again.
type Waiter interface {
	Park() error
	Wake()
}
