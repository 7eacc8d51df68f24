// Package other is free.
package other

// Default can be changed.
var Default = 3
