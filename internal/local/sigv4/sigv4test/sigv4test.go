// Package sigv4test gives tests credentials that nobody can guess.
package sigv4test

import (
	"crypto/rand"

	"github.com/smartlake/pulumi-smartlake/internal/local/sigv4"
)

// NewKeyring returns a keyring that issued nothing yet, whose credentials are random.
func NewKeyring() *sigv4.Keyring {
	return sigv4.KeyringOf(func(string) string { return rand.Text() + rand.Text() })
}
