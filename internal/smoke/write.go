package smoke

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/smoke/app"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// writable are resource types with the least that FHIR R4 wants of one: the types that
// a write is tried with, the most harmless first.
var writable = []string{"Basic", "Patient", "Observation"}

// newResource is a resource that says of itself what it is for; mark is to be read back.
func newResource(typ, id, mark string) string {
	text := map[string]any{"text": mark}
	content := map[string]any{
		"resourceType": typ,
		"identifier":   []any{map[string]any{"system": "urn:smartlake:smoke", "value": mark}},
	}
	switch typ {
	case "Basic":
		content["code"] = text
	case "Observation":
		content["code"], content["status"] = text, "entered-in-error"
	case "Patient":
		content["active"] = false
	}
	if id != "" {
		content["id"] = id
	}
	body, _ := json.Marshal(content) // of strings and booleans: it cannot fail
	return string(body)
}

// written is a resource of this run.
type written struct {
	*session
	typ, id, mark string
}

func (w *written) path() string { return w.typ + "/" + url.PathEscape(w.id) }

// write creates a resource, changes it, reads it back and deletes it. The resource is
// deleted also when the run ends in between.
func (r *run) write(ctx context.Context) {
	names := []string{"create", "update", "read back", "delete"}
	s, typ := r.capable(smart.Create|smart.Read|smart.Update|smart.Delete, writable...)
	if reason := r.noWrite(s, typ); reason != "" {
		for _, name := range names {
			r.check(ctx, name, func(context.Context) (string, error) { return "", skip(reason) })
		}
		return
	}
	w := &written{session: s, typ: typ}
	for n, step := range []func(context.Context, *written) (string, error){r.create, r.update, r.readBack} {
		r.check(ctx, names[n]+" as "+s.Name, func(ctx context.Context) (string, error) {
			if n > 0 && w.id == "" {
				return "", skip("nothing was created")
			}
			return step(ctx, w)
		})
	}
	if ctx.Err() == nil {
		r.check(ctx, names[3]+" as "+s.Name, func(ctx context.Context) (string, error) {
			if w.id == "" {
				return "", skip("nothing was created")
			}
			return r.delete(ctx, w)
		})
		return
	}
	if w.id != "" { // interrupted: what was created goes all the same
		r.check(context.WithoutCancel(ctx), names[3]+" as "+s.Name, func(ctx context.Context) (string, error) { return r.delete(ctx, w) })
	}
}

func (r *run) noWrite(s *session, typ string) string {
	switch {
	case !r.Write:
		return "not tried without --write"
	case s != nil && s.user != nil:
		return "only a service client writes: what a user may write depends on the user's patients"
	case s == nil:
		return "no service client may create, read, update and delete a " + strings.Join(writable, ", ")
	}
	for _, known := range writable {
		if typ == known {
			return ""
		}
	}
	return "the smoke test knows how to write " + strings.Join(writable, ", ") + ", not " + typ
}

func (r *run) create(ctx context.Context, w *written) (string, error) {
	w.mark = "Smartlake smoke test " + rand.Text()
	a, err := r.app.FHIR(ctx, app.Request{Method: http.MethodPost, Path: w.typ, Token: w.token, Resource: newResource(w.typ, "", w.mark)})
	if err != nil {
		return "", fmt.Errorf("%w; if it was created nevertheless, it is the %s with the identifier %q", err, w.typ, w.mark)
	}
	w.id = idOf(a, w.typ)
	if err := a.Want(http.StatusCreated); err != nil {
		return "", err
	}
	if w.id == "" {
		return "", fmt.Errorf("neither the resource nor Location names an id: remove the %s with the identifier %q yourself", w.typ, w.mark)
	}
	return w.typ + "/" + w.id, nil
}

// idOf is the id that a server gave, from its answer to a creation.
func idOf(a app.Answer, typ string) string {
	if a.Status < 200 || a.Status > 299 {
		return ""
	}
	var created app.Resource
	if a.ReadResource(typ, &created) == nil && created.ID != "" {
		return created.ID
	}
	_, rest, _ := strings.Cut(a.Header.Get("Location"), typ+"/")
	id, _, _ := strings.Cut(rest, "/")
	return id
}

// update changes the resource. A 404 right after the creation is a server that has not
// spread it yet.
func (r *run) update(ctx context.Context, w *written) (string, error) {
	w.mark = "Smartlake smoke test, changed " + rand.Text()
	a, err := r.again(ctx, func(ctx context.Context) (app.Answer, error) {
		return r.app.FHIR(ctx, app.Request{Method: http.MethodPut, Path: w.path(), Token: w.token, Resource: newResource(w.typ, w.id, w.mark)})
	}, func(a app.Answer) bool { return a.Status == http.StatusNotFound })
	if err != nil {
		return "", err
	}
	if err := a.Want(http.StatusOK); err != nil {
		return "", err
	}
	return "", nil
}

func (r *run) readBack(ctx context.Context, w *written) (string, error) {
	var got struct {
		ID         string `json:"id"`
		Identifier []struct {
			Value string `json:"value"`
		} `json:"identifier"`
	}
	changed := func(a app.Answer) error {
		if err := a.Want(http.StatusOK); err != nil {
			return err
		}
		if err := a.ReadResource(w.typ, &got); err != nil {
			return err
		}
		if got.ID != w.id || len(got.Identifier) != 1 || got.Identifier[0].Value != w.mark {
			return errors.New("what is read is not what was written last")
		}
		return nil
	}
	a, err := r.again(ctx, func(ctx context.Context) (app.Answer, error) {
		return r.app.FHIR(ctx, app.Request{Path: w.path(), Token: w.token})
	},
		func(a app.Answer) bool {
			return a.Status == http.StatusNotFound || a.Status == http.StatusOK && changed(a) != nil
		})
	if err != nil {
		return "", err
	}
	return "", changed(a)
}

func (r *run) delete(ctx context.Context, w *written) (string, error) {
	left := func(err error) error { return fmt.Errorf("%w; %s/%s is left: delete it yourself", err, w.typ, w.id) }
	a, err := r.app.FHIR(ctx, app.Request{Method: http.MethodDelete, Path: w.path(), Token: w.token})
	if err != nil {
		return "", left(err)
	}
	if a.Status != http.StatusOK && a.Status != http.StatusNoContent && a.Status != http.StatusAccepted {
		return "", left(fmt.Errorf("expected 200, 202 or 204, got %s", a.Said()))
	}
	a, err = r.again(ctx, func(ctx context.Context) (app.Answer, error) {
		return r.app.FHIR(ctx, app.Request{Path: w.path(), Token: w.token})
	},
		func(a app.Answer) bool { return a.Status == http.StatusOK })
	if err != nil {
		return "", err
	}
	if a.Status != http.StatusNotFound && a.Status != http.StatusGone {
		return "", left(fmt.Errorf("reading the deleted resource: expected 404 or 410, got %s", a.Said()))
	}
	return "", nil
}
