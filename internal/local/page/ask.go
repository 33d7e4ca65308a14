package page

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/smartlake/pulumi-smartlake/internal/smoke/app"
)

// sent is a request of the sample app, and its answer.
type sent struct {
	What    string
	Status  int
	Refusal string // the datastore's reason
}

// ask asks the datastore and notes the answer; a refusal is no error.
func (p *Page) ask(ctx context.Context, path, token string, end *launched, into any) error {
	answer, err := p.app.FHIR(ctx, app.Request{Path: path, Token: token})
	said := answer.Resource()
	switch {
	case err != nil:
	case answer.Status == http.StatusOK:
		said, err = app.Resource{}, json.Unmarshal(answer.Body, into)
	case !said.IsOutcome():
		err = fmt.Errorf("status %d without an OperationOutcome", answer.Status)
	}
	if err != nil {
		return fmt.Errorf("GET %s: %w", path, err)
	}
	end.Requests = append(end.Requests, sent{"GET " + path, answer.Status, said.Diagnostics()})
	return nil
}

// read asks for what the token's claims lead to: the record of the patient in context, or
// without one the patients whom the user may see.
func (p *Page) read(ctx context.Context, token string, end *launched) error {
	inContext := text(end.claims, "patient")
	if inContext == "" {
		var found bundle
		err := p.ask(ctx, "Patient?_count=20", token, end, &found)
		end.Record.Patients, _ = read[patient](found)
		return err
	}
	var known patient
	if err := p.ask(ctx, "Patient/"+url.PathEscape(inContext), token, end, &known); err != nil {
		return err
	}
	if known.ID != "" {
		end.Record.Patient = &known
	}
	for _, kind := range kinds {
		before := len(end.Requests)
		var found bundle
		if err := p.ask(ctx, searchOf(kind.typ, inContext), token, end, &found); err != nil {
			return err
		}
		if end.Requests[before].Status == http.StatusOK {
			end.Record.Sections = append(end.Record.Sections, sectionsOf(kind.title, found)...)
		}
	}
	for i := range end.Record.Sections {
		end.Record.Sections[i].ID = "record-" + strconv.Itoa(i+1)
	}
	return nil
}
