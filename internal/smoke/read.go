package smoke

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/smoke/app"
	"github.com/smartlake/pulumi-smartlake/smart"
)

const noToken = skip("no token to try it with")

// useTokens checks what every token is for.
func (r *run) useTokens(ctx context.Context) {
	r.check(ctx, "capability statement", r.readCapabilities)
	for _, s := range r.sessions {
		var found string
		r.check(ctx, "search as "+s.Name, func(ctx context.Context) (detail string, err error) {
			found, detail, err = r.search(ctx, s)
			return detail, err
		})
		r.check(ctx, "read as "+s.Name, func(ctx context.Context) (string, error) { return r.read(ctx, s, found) })
	}
}

func (r *run) readCapabilities(ctx context.Context) (string, error) {
	a, err := r.documented(r.describe(ctx))
	if err != nil {
		return "", err
	}
	if err := a.Want(http.StatusOK); err != nil {
		return "", err
	}
	var statement struct {
		FHIRVersion string `json:"fhirVersion"`
	}
	if err := a.ReadResource("CapabilityStatement", &statement); err != nil {
		return "", err
	}
	if !strings.HasPrefix(statement.FHIRVersion, "4.0") {
		return "", fmt.Errorf("fhirVersion: %q: must be R4, 4.0.x", statement.FHIRVersion)
	}
	return r.asked() + "FHIR " + statement.FHIRVersion, nil
}

// describe requests the capability statement: signed, or from the front door, which serves
// it to everybody. Otherwise a token is all that there is to show.
func (r *run) describe(ctx context.Context) (app.Answer, error) {
	if r.Credentials != nil || r.Stack.HasFrontDoor() {
		return r.app.Describe(ctx, r.Credentials)
	}
	s, _ := r.capable(smart.Read, "Patient")
	if s == nil {
		s, _ = r.capable(smart.Search, "Patient")
	}
	if s == nil {
		return app.Answer{}, skip("no token that reads or searches")
	}
	return r.app.FHIR(ctx, app.Request{Path: "metadata", Token: s.token})
}

// search searches with a session's token, and returns the path of a resource that was
// found, if one was.
func (r *run) search(ctx context.Context, s *session) (found, detail string, err error) {
	if s.token == "" {
		return "", "", noToken
	}
	typ, ok := s.typeWith(smart.Read|smart.Search, "Patient")
	if !ok {
		typ, ok = s.typeWith(smart.Search, "Patient")
	}
	if !ok {
		return "", "", skip("the client has no unfiltered scope to search with")
	}
	path := typ + "?_count=1"
	a, err := r.app.FHIR(ctx, app.Request{Path: path, Token: s.token})
	if err != nil {
		return "", "", err
	}
	bundle, err := a.Found()
	if err != nil {
		return "", "", fmt.Errorf("GET %s: %w", path, err)
	}
	for _, entry := range bundle.Entry {
		switch {
		case entry.Resource.ResourceType == "OperationOutcome": // a note of the server's
		case entry.Resource.ResourceType != typ || entry.Resource.ID == "":
			return "", "", fmt.Errorf("GET %s: the Bundle has a resource of type %q, or one without id; expected %s", path, entry.Resource.ResourceType, typ)
		case found == "":
			found = typ + "/" + entry.Resource.ID
		}
	}
	s.search, s.typ = path, typ
	return found, fmt.Sprintf("GET %s: %d found", path, len(bundle.Entry)), nil
}

// read reads what a search found. Its id may be a patient's, so it is not shown.
func (r *run) read(ctx context.Context, s *session, found string) (detail string, err error) {
	typ, id, _ := strings.Cut(found, "/")
	switch {
	case s.token == "":
		return "", noToken
	case found == "":
		return "", skip("a search found nothing to read")
	}
	if held, ok := s.typeWith(smart.Read, typ); !ok || held != typ {
		return "", skip("the client searches " + typ + " but has no scope to read it")
	}
	defer func() { err = without(err, id) }()
	a, err := r.app.FHIR(ctx, app.Request{Path: typ + "/" + url.PathEscape(id), Token: s.token})
	if err != nil {
		return "", err
	}
	if err := a.Want(http.StatusOK); err != nil {
		return "", fmt.Errorf("GET %s by id: %w", typ, err)
	}
	var got app.Resource
	if err := a.ReadResource(typ, &got); err != nil {
		return "", err
	}
	if got.ID != id {
		return "", errors.New("another resource came back than was asked for")
	}
	return "GET " + typ + " by the id that the search found", nil
}

// without is an error that does not tell an id: a failed request names its URL, and a
// server says in words what it did not find.
func without(err error, id string) error {
	if err == nil {
		return nil
	}
	return errors.New(strings.NewReplacer(id, "[id]", url.PathEscape(id), "[id]").Replace(err.Error()))
}
