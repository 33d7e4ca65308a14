package smoke

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
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

// agree holds the served document against the stack's outputs: the endpoints, and where
// the stack tells the document that apps are served, every member of it.
func (r *run) agree(document []byte, served smart.Configuration) (string, error) {
	known, differ := r.differingEndpoints(served)
	declared, output := r.Stack.Served()
	if declared == "" {
		if known == 0 {
			return "", skip("none of the stack's endpoints is known, so there is nothing to compare")
		}
		return fmt.Sprintf("%d endpoints", known), joined(differ)
	}
	members, err := differingMembers(document, declared, output, differ)
	if err != nil {
		return "", err
	}
	err = joined(differ)
	if err != nil && !r.Stack.HasFrontDoor() {
		err = fmt.Errorf("%w\nif the datastore's document was changed in place, run pulumi refresh --run-program", err)
	}
	return fmt.Sprintf("%d endpoints, all %d members of the output %s", known, members, output), err
}

// differingEndpoints compares the endpoints with the outputs of their own: how many of
// these are known, and what is wrong, by the name of the member.
func (r *run) differingEndpoints(served smart.Configuration) (known int, differ map[string]error) {
	stack := r.Stack
	differ = map[string]error{}
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
			differ[member.name] = fmt.Errorf("%s: served is %q, the stack's is %q", member.name, member.served, member.declared)
		}
	}
	return known, differ
}

// differingMembers compares the whole of two documents, and adds to differ each member
// that is not the same in both. It returns how many members the declared one has.
func differingMembers(document []byte, declared, output string, differ map[string]error) (members int, err error) {
	var got, want map[string]any
	if err := json.Unmarshal([]byte(declared), &want); err != nil || want == nil {
		return 0, fmt.Errorf("output %s: must be a JSON object", output)
	}
	if err := json.Unmarshal(document, &got); err != nil || got == nil {
		return 0, errors.New("the served document: must be a JSON object")
	}
	for name, value := range want {
		if other, served := got[name]; !served {
			add(differ, name, fmt.Errorf("%s: not served, the output %s has %s", name, output, asJSON(value)))
		} else if !reflect.DeepEqual(other, value) {
			add(differ, name, fmt.Errorf("%s: served is %s, the output %s has %s", name, asJSON(other), output, asJSON(value)))
		}
	}
	for name, value := range got {
		if _, declared := want[name]; !declared {
			add(differ, name, fmt.Errorf("%q: served is %s, the output %s lacks it", name, asJSON(value), output))
		}
	}
	return len(want), nil
}

// add keeps what was said of a member before.
func add(differ map[string]error, name string, problem error) {
	if differ[name] == nil {
		differ[name] = problem
	}
}

// joined are the problems in the order of their members' names.
func joined(differ map[string]error) error {
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(differ)) {
		problems = append(problems, differ[name])
	}
	return errors.Join(problems...)
}

// asJSON is a value that came from JSON, as JSON has it: the beginning, where it is long.
func asJSON(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprintf("%q", fmt.Sprint(value))
	}
	const most = 400
	if characters := []rune(string(text)); len(characters) > most {
		return string(characters[:most]) + "…"
	}
	return string(text)
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
