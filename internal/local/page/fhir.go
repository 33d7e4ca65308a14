package page

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/smoke/app"
)

// request is one of the sample app's, and its answer.
type request struct {
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
	end.Requests = append(end.Requests, request{"GET " + path, answer.Status, said.Diagnostics()})
	return nil
}

// bundle is a searchset.
type bundle[T any] struct {
	Entry []struct {
		Resource T `json:"resource"`
	} `json:"entry"`
}

func (b bundle[T]) resources() []T {
	var found []T
	for _, entry := range b.Entry {
		found = append(found, entry.Resource)
	}
	return found
}

// patient and observation are the few elements that the page shows.
type patient struct {
	ID        string `json:"id"`
	BirthDate string `json:"birthDate"`
	Gender    string `json:"gender"`
	Names     []struct {
		Family string   `json:"family"`
		Given  []string `json:"given"`
	} `json:"name"`
}

// Name is the first one.
func (p patient) Name() string {
	if len(p.Names) == 0 {
		return p.ID
	}
	return strings.Join(append(append([]string{}, p.Names[0].Given...), p.Names[0].Family), " ")
}

type observation struct {
	Code struct {
		Text string `json:"text"`
	} `json:"code"`
	Effective string `json:"effectiveDateTime"`
	Value     struct {
		Value json.Number `json:"value"`
		Unit  string      `json:"unit"`
	} `json:"valueQuantity"`
}
