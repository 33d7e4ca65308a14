// Package processgroup ends the processes that this one starts, with everything that they
// start themselves.
package processgroup
