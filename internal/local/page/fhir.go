package page

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// request is one of the sample app's, and its answer.
type request struct {
	What    string
	Status  int
	Refusal string // the datastore's reason
}

// ask asks the datastore and notes the answer; a refusal is no error.
func (p *Page) ask(ctx context.Context, what, token string, end *launched, into any) error {
	status, refusal, err := p.get(ctx, what, token, into)
	if err != nil {
		return fmt.Errorf("GET %s: %w", what, err)
	}
	end.Requests = append(end.Requests, request{"GET " + what, status, refusal})
	return nil
}

// get reads a document below the datastore's base URL, or the reason of a refusal.
func (p *Page) get(ctx context.Context, what, token string, into any) (status int, refusal string, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.config.Datastore+what, http.NoBody)
	if err != nil {
		return 0, "", err
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := p.config.HTTP.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(io.LimitReader(response.Body, 5<<20))
	if err != nil {
		return 0, "", err
	}
	if response.StatusCode == http.StatusOK {
		return response.StatusCode, "", json.Unmarshal(content, into)
	}
	var outcome struct {
		Issue []struct {
			Diagnostics string `json:"diagnostics"`
		} `json:"issue"`
	}
	if err := json.Unmarshal(content, &outcome); err != nil {
		return 0, "", fmt.Errorf("status %d without an OperationOutcome: %w", response.StatusCode, err)
	}
	var reasons []string
	for _, issue := range outcome.Issue {
		reasons = append(reasons, issue.Diagnostics)
	}
	return response.StatusCode, strings.Join(reasons, "; "), nil
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
