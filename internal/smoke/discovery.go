package smoke

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/smoke/app"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// discover checks the documents that apps find their way by.
func (r *run) discover(ctx context.Context) {
	var document []byte
	var served smart.Configuration
	r.check(ctx, "discovery document is valid", func(ctx context.Context) (string, error) {
		a, err := r.documented(r.app.Discover(ctx, r.Credentials))
		if err != nil {
			return "", err
		}
		if a.Status == http.StatusOK {
			document = a.Body
		}
		if served, err = a.Configuration(); err != nil {
			return "", err
		}
		return "SMART App Launch 2.2, " + r.asked() + "capabilities " + strings.Join(served.Capabilities, " "), nil
	})
	r.check(ctx, "discovery document agrees with the stack", func(context.Context) (string, error) {
		if document == nil {
			return "", skip("no document was served")
		}
		return r.agree(document, served)
	})
	for _, adopt := range []struct {
		known  *string
		served string
	}{{&r.tokenEndpoint, served.TokenEndpoint}, {&r.jwksURI, served.JWKSURI}, {&r.issuer, served.Issuer}} {
		if *adopt.known == "" {
			*adopt.known = adopt.served
		}
	}
	r.check(ctx, "key set is served", r.readKeySet)
}

// documented makes sense of the answer to a request that HealthLake documents with a
// signature: where it was sent without one, a refusal proves nothing.
func (r *run) documented(a app.Answer, err error) (app.Answer, error) {
	refused := a.Status == http.StatusUnauthorized || a.Status == http.StatusForbidden
	if err == nil && refused && r.Credentials == nil && !r.Stack.HasFrontDoor() {
		return a, skip(fmt.Sprintf("HealthLake wants the request signed (%s): %s", a.Said(), app.HowToSign))
	}
	return a, err
}

// asked says whether what was read was asked for with a signature.
func (r *run) asked() string {
	if r.Credentials == nil {
		return ""
	}
	return "with a signature, "
}

// agree holds the served document against the stack's outputs.
func (r *run) agree(document []byte, served smart.Configuration) (string, error) {
	stack := r.Stack
	known := 0
	var problems []error
	for _, member := range []struct{ name, served, declared string }{
		{"authorization_endpoint", served.AuthorizationEndpoint, stack.AuthorizationEndpoint},
		{"issuer", served.Issuer, stack.Issuer},
		{"jwks_uri", served.JWKSURI, stack.JWKSURI},
		{"revocation_endpoint", served.RevocationEndpoint, stack.RevocationEndpoint},
		{"token_endpoint", served.TokenEndpoint, stack.TokenEndpoint},
	} {
		if member.declared == "" || member.name == "issuer" && member.served == "" { // left out without single sign-on
			continue
		}
		known++
		if member.served != member.declared {
			problems = append(problems, fmt.Errorf("%s: served is %q, the stack's is %q", member.name, member.served, member.declared))
		}
	}
	if stack.DiscoveryDocument != "" && !stack.HasFrontDoor() && len(problems) == 0 {
		var got, want any
		if err := json.Unmarshal([]byte(stack.DiscoveryDocument), &want); err != nil {
			return "", errors.New("output discoveryDocument: must be JSON")
		}
		if err := json.Unmarshal(document, &got); err != nil || !reflect.DeepEqual(got, want) {
			problems = append(problems, errors.New("the served document is not the one of the output discoveryDocument: if it was changed in place, run pulumi refresh --run-program"))
		}
	}
	if known == 0 {
		return "", skip("none of the stack's endpoints is known, so there is nothing to compare")
	}
	return fmt.Sprintf("%d endpoints", known), errors.Join(problems...)
}

// readKeySet reads the keys that tokens are signed with.
func (r *run) readKeySet(ctx context.Context) (string, error) {
	if r.jwksURI == "" {
		return "", skip("no key set is known: neither the stack nor its discovery document names one")
	}
	a, err := r.app.Fetch(ctx, r.jwksURI)
	if err != nil {
		return "", err
	}
	if r.keys, err = a.KeySet(); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d keys", len(r.keys)), nil
}
