// Package allow makes exceptions.
//
//simsafe:strict
package allow

import "time"

func line() {
	_ = time.Now() //simsafe:allow shown to people only
	//simsafe:allow shown to people only
	_ = time.Now()
	//simsafe:allow shown to people only
	// and here is more about it
	_ = time.Now()

	//simsafe:allow reaches the next line only
	_ = time.Now()
	_ = time.Now() // want `clock: time.Now`
}

//simsafe:allow one comment may excuse several findings of its line
func several() { _, _ = time.Now(), time.Now() }

func bare() {
	//simsafe:allow // want `simsafe allow: no reason given`
	_ = time.Now() // want `clock: time.Now`
}

//simsafe:allow nothing happens below // want `simsafe allow: nothing to excuse here; delete the comment`
func idle() {}

//simsafe:allowed is another word
func other() {}
