// Package addresses shows addresses.
//
//simsafe:strict
package addresses

import (
	"fmt"
	"reflect"
	"unsafe"
)

type logger struct{}

func (logger) Logf(string, ...any) {}

const format = "at %#12p"

func bad(x *int, log logger) {
	_ = fmt.Sprintf("%d %p", *x, x)  // want `addresses: %p: addresses differ from run to run; compare or print an id`
	log.Logf(format, x)              // want `addresses: %p`
	_ = fmt.Errorf("%%%p", x)        // want `addresses: %p`
	_ = unsafe.Pointer(x)            // want `addresses: unsafe.Pointer`
	_ = unsafe.Sizeof(x)             // want `addresses: unsafe.Sizeof`
	_ = reflect.ValueOf(x).Pointer() // want `addresses: reflect's Pointer`
}

func good(x *int, log logger) {
	log.Logf("100%% paid %d", *x)
	log.Logf("100 %%p", *x)
	_ = fmt.Sprint("%p")
}
