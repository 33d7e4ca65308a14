package app

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/smartlake/pulumi-smartlake/internal/outputs"
)

// Credentials are AWS credentials and the region of the HealthLake that they sign requests
// for. All but the session token, which only temporary ones have, are required.
type Credentials struct {
	AccessKeyID, SecretAccessKey, SessionToken, Region string
}

// The environment variables of [FromEnvironment].
const (
	envAccessKeyID     = "AWS_ACCESS_KEY_ID"
	envSecretAccessKey = "AWS_SECRET_ACCESS_KEY"
	envSessionToken    = "AWS_SESSION_TOKEN"
)

// HowToSign says where [FromEnvironment] takes credentials from, to somebody who has none.
const HowToSign = `to sign it, put AWS credentials into AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, for temporary ones, AWS_SESSION_TOKEN, ` +
	`as eval "$(aws configure export-credentials --format env)" does`

// FromEnvironment are the credentials in AWS's environment variables
// (https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html) for the
// datastore with an endpoint. They are nil if there are none, and for an endpoint that is
// not HealthLake's: a signature shows the session token to its reader.
func FromEnvironment(endpoint string) (*Credentials, error) {
	found := Credentials{
		AccessKeyID: os.Getenv(envAccessKeyID), SecretAccessKey: os.Getenv(envSecretAccessKey), SessionToken: os.Getenv(envSessionToken),
		Region: outputs.RegionOf(endpoint),
	}
	switch {
	case found.Region == "" || found.AccessKeyID == "" && found.SecretAccessKey == "":
		return nil, nil
	case found.AccessKeyID == "":
		return nil, fmt.Errorf("%s: empty in the environment: %s goes with it", envAccessKeyID, envSecretAccessKey)
	case found.SecretAccessKey == "":
		return nil, fmt.Errorf("%s: empty in the environment: %s goes with it", envSecretAccessKey, envAccessKeyID)
	}
	return &found, nil
}

// sign signs a request without a body for HealthLake (AWS Signature Version 4). No
// credentials sign nothing.
func (c *Credentials) sign(request *http.Request) error {
	if c == nil {
		return nil
	}
	empty := sha256.Sum256(nil)
	own := aws.Credentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken}
	if err := v4.NewSigner().SignHTTP(request.Context(), own, request, hex.EncodeToString(empty[:]), "healthlake", c.Region, time.Now()); err != nil {
		return fmt.Errorf("signing the request: %w", err)
	}
	return nil
}
