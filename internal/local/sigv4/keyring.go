// Package sigv4 stands in for the part of AWS that hands out temporary credentials and
// verifies requests that are signed with them: AWS Signature Version 4, in the
// Authorization header
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-signing-elements.html).
//
//	keys := sigv4.KeyringOf(secret)
//	environment := keys.Issue(roleARN).Environment("us-east-1") // for a function's process
//	...
//	principal, err := keys.Verify(request, "healthlake", "us-east-1", time.Now())
//
// It says who signed a request, and nothing of what they may do. It leaves out signatures
// in the query (presigned URLs), SigV4A, unsigned and chunked payloads, and the end of
// temporary credentials: a keyring's are good for as long as it is.
package sigv4

import "sync"

// Credentials are temporary ones, as AWS's Security Token Service hands them out. All
// three parts are needed to sign, and all but the first are secret.
type Credentials struct {
	AccessKeyID, SecretAccessKey, SessionToken string
}

// The environment variables that hold credentials and a region, for a Lambda function
// (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html) as for AWS's
// command line and SDKs.
const (
	EnvAccessKeyID     = "AWS_ACCESS_KEY_ID"
	EnvSecretAccessKey = "AWS_SECRET_ACCESS_KEY"
	EnvSessionToken    = "AWS_SESSION_TOKEN"
	EnvRegion          = "AWS_REGION"
	EnvDefaultRegion   = "AWS_DEFAULT_REGION"
)

// Environment are the environment variables of a process with the credentials, in a
// region.
func (c Credentials) Environment(region string) map[string]string {
	return map[string]string{
		EnvAccessKeyID: c.AccessKeyID, EnvSecretAccessKey: c.SecretAccessKey, EnvSessionToken: c.SessionToken,
		EnvRegion: region, EnvDefaultRegion: region,
	}
}

// Keyring knows the credentials that it issued. It is safe for concurrent use.
type Keyring struct {
	secret func(label string) string

	mu          sync.Mutex
	byPrincipal map[string]Credentials
	byKeyID     map[string]issued
}

type issued struct {
	principal   string
	credentials Credentials
}

// KeyringOf returns a keyring that issued nothing yet. Its credentials follow from a principal and a function,
// which returns 52 letters and digits for a label that nobody can guess.
func KeyringOf(secret func(label string) string) *Keyring {
	return &Keyring{secret: secret, byPrincipal: map[string]Credentials{}, byKeyID: map[string]issued{}}
}

// Issue returns the credentials of a principal, such as the ARN of a role: the same ones
// each time.
func (k *Keyring) Issue(principal string) Credentials {
	k.mu.Lock()
	defer k.mu.Unlock()
	if known, ok := k.byPrincipal[principal]; ok {
		return known
	}
	fresh := Credentials{
		AccessKeyID:     "ASIA" + k.secret("access key id of " + principal)[:16],
		SecretAccessKey: k.secret("secret access key of " + principal)[:40],
		SessionToken:    k.secret("session token of " + principal),
	}
	k.byPrincipal[principal], k.byKeyID[fresh.AccessKeyID] = fresh, issued{principal, fresh}
	return fresh
}

func (k *Keyring) find(keyID string) (issued, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	found, ok := k.byKeyID[keyID]
	return found, ok
}
