package healthlake

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/local/sigv4"
)

// signed serves a request that is signed (AWS Signature Version 4) by a principal who may
// do an action on this datastore.
func (d *Datastore) signed(action string, serve http.HandlerFunc) http.HandlerFunc {
	action = "healthlake:" + action
	region := regionOf(d.config.ARN)
	return func(w http.ResponseWriter, r *http.Request) {
		principal, err := d.config.Keys.Verify(r, "healthlake", region, time.Now())
		if err != nil {
			refuseAsAWS(w, err)
			return
		}
		if err := d.config.Permit(principal, action, d.config.ARN); err != nil {
			refuseAsAWS(w, &sigv4.Error{
				Type:    "AccessDeniedException",
				Message: fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s: %v", principal, action, d.config.ARN, err),
			})
			return
		}
		serve(w, r)
	}
}

// regionOf is the region that an ARN names
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html).
func regionOf(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return ""
	}
	return parts[3]
}

// askForToken answers a request without a bearer token. AWS's services tell a caller
// without credentials so, and not as RFC 6750 says.
func (d *Datastore) askForToken(w http.ResponseWriter) {
	if d.config.Lenient {
		w.Header().Set("WWW-Authenticate", "Bearer")
		refuse(w, http.StatusUnauthorized, "login", "no bearer token")
		return
	}
	refuseAsAWS(w, &sigv4.Error{Type: "MissingAuthenticationTokenException", Message: "Missing Authentication Token"})
}

// refuseAsAWS answers 403 with an error in the form of AWS's services, which is no FHIR
// resource.
func refuseAsAWS(w http.ResponseWriter, err error) {
	var refused *sigv4.Error
	if !errors.As(err, &refused) {
		fail(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-Errortype", refused.Type)
	w.WriteHeader(http.StatusForbidden)
	_ = json.NewEncoder(w).Encode(map[string]string{"message": refused.Message}) // the client went away: nobody to tell
}
