package local

import (
	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/local/cognito"
	"github.com/smartlake/pulumi-smartlake/internal/local/sigv4"
	"github.com/smartlake/pulumi-smartlake/internal/local/state"
)

// signingKeysName is the file of the state with the keys that sign tokens.
const signingKeysName = "signing-keys.pem"

// keptBy is the stack with ids and secrets that outlive a restart. Those of a throwaway
// cloud are the same for everybody: tests and documents name them.
func keptBy(kept *state.Cloud, stack declared.Stack) declared.Stack {
	stack.Secret = kept.Secret
	if kept.Kept() {
		stack.Seed = kept.Secret("seed of ids")
	}
	return stack
}

// Kept reports whether the next cloud of the stack has the same ids, secrets and addresses.
func (c *Cloud) Kept() bool { return c.state.Kept() }

// takeKept gives the cloud what outlives a restart and depends on no declaration.
func (c *Cloud) takeKept() {
	c.keys = sigv4.KeyringOf(c.state.Secret)
	c.pagePath = "/" + c.state.Secret("path of the page")[:26] + "/"
}

// keptSigningKeys are those that the state keeps; none before a first run.
func (c *Cloud) keptSigningKeys() (cognito.Keys, error) {
	text, err := c.state.Read(signingKeysName)
	if err != nil || text == nil {
		return cognito.Keys{}, err
	}
	keys, err := cognito.ParseKeys(text)
	if err != nil {
		return cognito.Keys{}, c.state.Broken(signingKeysName, err)
	}
	return keys, nil
}

// keepSigningKeys writes the keys down that sign from now on.
func (c *Cloud) keepSigningKeys() error {
	text, err := c.AuthorizationServer.Keys().Encode()
	if err != nil {
		return err
	}
	return c.state.Write(signingKeysName, text)
}

// rotateKeys has the authorization server sign with new keys.
func (c *Cloud) rotateKeys() error {
	if err := c.AuthorizationServer.Rotate(); err != nil {
		return err
	}
	return c.keepSigningKeys()
}
