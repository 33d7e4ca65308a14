package users

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// NotFoundError says that the datastore has no such resource.
type NotFoundError struct{ Reference string }

func (e *NotFoundError) Error() string {
	return "must be a resource of the datastore, which has no " + e.Reference
}

// Datastore is one whose resources are looked up with AWS credentials that may
// healthlake:ReadResource.
type Datastore struct {
	Base        string // FHIR base URL, with a slash at its end
	Region      string
	Credentials aws.CredentialsProvider
	HTTP        *http.Client
}

// Look returns a [*NotFoundError] if the datastore says that it has no such resource, and
// another error if it could not be asked. A reference is relative, or an absolute URL of
// the datastore. It reads only the status of the answer.
func (d Datastore) Look(ctx context.Context, reference string) error {
	relative := strings.TrimPrefix(reference, d.Base)
	if strings.Contains(relative, "://") {
		return fmt.Errorf("it is not a resource of %s", d.Base)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, d.Base+relative, http.NoBody)
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "application/fhir+json")
	credentials, err := d.Credentials.Retrieve(ctx)
	if err != nil {
		return err
	}
	empty := sha256.Sum256(nil)
	if err := v4.NewSigner().SignHTTP(ctx, credentials, request, hex.EncodeToString(empty[:]), "healthlake", d.Region, time.Now()); err != nil {
		return err
	}
	response, err := d.HTTP.Do(request)
	if err != nil {
		return err
	}
	if err := response.Body.Close(); err != nil {
		return err
	}
	switch response.StatusCode {
	case http.StatusOK:
		return nil
	case http.StatusNotFound, http.StatusGone:
		return &NotFoundError{relative}
	case http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Errorf("the datastore answers %d: the caller needs healthlake:ReadResource; leave the look-up out to link without it", response.StatusCode)
	default:
		return fmt.Errorf("the datastore answers %d", response.StatusCode)
	}
}
