// Package environment asks the machine.
//
//simsafe:strict
package environment

import (
	"os"
	"runtime"
)

func bad() {
	_ = os.Getenv("HOME")       // want `environment: os.Getenv: it asks the machine; take the value as a parameter from cmd/`
	_, _ = os.LookupEnv("HOME") // want `environment: os.LookupEnv`
	_ = os.Environ()            // want `environment: os.Environ`
	_ = os.Args                 // want `environment: os.Args`
	_ = os.Getpid()             // want `environment: os.Getpid`
	_, _ = os.Hostname()        // want `environment: os.Hostname`
	_ = runtime.NumGoroutine()  // want `environment: runtime.NumGoroutine`
	_ = runtime.GOMAXPROCS(0)   // want `environment: runtime.GOMAXPROCS`
	_ = runtime.NumCPU()        // want `environment: runtime.NumCPU`
}

func good() string { return runtime.Version() }
