package users

import (
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
)

// The retries of a call: Cognito's quotas are by the second, and shared by all that the
// account does (https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html), so
// that a long import meets them.
const (
	maxAttempts = 10
	maxBackoff  = 20 * time.Second
)

// Connection says how to reach Cognito.
type Connection struct {
	Region      string
	Credentials aws.CredentialsProvider
	HTTP        *http.Client
	// Endpoint of the local cloud, a URL without a path; empty for AWS's own.
	Endpoint string
	// Backoff between the attempts of a call; nil for one that doubles up to 20 seconds.
	Backoff retry.BackoffDelayer
}

// NewClient is AWS's client with the retries that a long import takes.
func NewClient(c Connection) *idp.Client {
	options := idp.Options{
		Region: c.Region, Credentials: c.Credentials, HTTPClient: c.HTTP,
		Retryer: retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts, o.MaxBackoff, o.Backoff = maxAttempts, maxBackoff, c.Backoff
			o.RateLimiter = ratelimit.None // which would end the import after some refusals
		}),
	}
	if c.Endpoint != "" {
		options.BaseEndpoint = &c.Endpoint
	}
	return idp.New(options)
}
