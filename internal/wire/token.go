// Package wire holds what two sides of the product must spell alike: what is declared
// when a stack is deployed, and what runs in it.
package wire

// MaxTokenBytes is the length above which the validator refuses a token unread. A
// request header of more than 8 KiB passes few gateways. A client whose scopes cannot
// fit in a token is refused at preview.
const MaxTokenBytes = 8192
