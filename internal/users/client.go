package users

import (
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
	// AWS has the region, the credentials and, as AWS's SDKs read them from the environment
	// and profiles, the endpoints: FIPS ones, say.
	AWS aws.Config
	// Endpoint of the local cloud, a URL without a path, in the place of AWS's own; empty for
	// none.
	Endpoint string
	// Backoff between the attempts of a call; nil for one that doubles up to 20 seconds.
	Backoff retry.BackoffDelayer
}

// NewClient is AWS's client with the retries that a long import takes.
func NewClient(c Connection) *idp.Client {
	return idp.NewFromConfig(c.AWS, func(o *idp.Options) {
		o.Retryer = retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts, o.MaxBackoff, o.Backoff = maxAttempts, maxBackoff, c.Backoff
			o.RateLimiter = ratelimit.None // which would end the import after some refusals
		})
		if c.Endpoint != "" {
			o.BaseEndpoint = &c.Endpoint
		}
	})
}
