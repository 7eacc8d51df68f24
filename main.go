// Squall runs event-driven services through seeded storms and judges what they did.
package main

func main() {}
