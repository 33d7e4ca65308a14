package page

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
)

// shownRequests is how many the page shows.
const shownRequests = 50

// live is what changes while the page is open.
type live struct {
	Filter   filter
	Requests []request // the newest first
	Faults   []Fault
	// Matching of All requests that are remembered pass the filter.
	Matching, All int
}

// filter chooses requests; empty texts choose all.
type filter struct{ Client, Outcome string }

func readFilter(r *http.Request) filter {
	query := r.URL.Query()
	return filter{query.Get("client"), query.Get("outcome")}
}

func (f filter) passes(r request) bool {
	return (f.Client == "" || f.Client == r.Client) && (f.Outcome == "" || f.Outcome == string(r.Outcome))
}

// Query is the filter as parameters.
func (f filter) Query() string {
	return url.Values{"client": {f.Client}, "outcome": {f.Outcome}}.Encode()
}

// Option of a filter.
type Option struct {
	Value, Text string
	Chosen      bool
}

// ClientOptions are the clients of the stack, and what requests may be of besides.
func (o overview) ClientOptions() []Option {
	options := []Option{{Value: "", Text: "all clients"}}
	for _, client := range o.Clients {
		options = append(options, Option{Value: client.Name, Text: client.Name})
	}
	options = append(options, Option{Value: noClient, Text: noClient}, Option{Value: unknownClient, Text: unknownClient})
	return chosen(options, o.Live.Filter.Client)
}

// OutcomeOptions are the outcomes of a request.
func (o overview) OutcomeOptions() []Option {
	options := []Option{{Value: "", Text: "all outcomes"}}
	for _, outcome := range outcomes {
		options = append(options, Option{Value: string(outcome), Text: string(outcome)})
	}
	return chosen(options, o.Live.Filter.Outcome)
}

func chosen(options []Option, value string) []Option {
	for i := range options {
		options[i].Chosen = options[i].Value == value
	}
	return options
}

// live is the page's changing part, as it is.
func (p *Page) live(f filter) live {
	made, _ := p.config.Journal.Requests()
	l := live{Filter: f, Faults: p.config.Faults(), All: len(made)}
	for _, written := range slices.Backward(made) {
		r := p.describe(written)
		if !f.passes(r) {
			continue
		}
		if l.Matching++; l.Matching <= shownRequests {
			l.Requests = append(l.Requests, r)
		}
	}
	return l
}

// serveLive answers with the changing part, or with 304 while it is as the browser has it.
func (p *Page) serveLive(w http.ResponseWriter, r *http.Request) {
	state := sha256.Sum256(fmt.Appendf(nil, "%d %v %s", p.config.Journal.Version(), p.config.Faults(), r.URL.RawQuery))
	tag := `"` + base64.RawURLEncoding.EncodeToString(state[:]) + `"`
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	show(w, http.StatusOK, "live", p.live(readFilter(r)))
}

// setFault takes a switch. A script gets no page in return.
func (p *Page) setFault(w http.ResponseWriter, r *http.Request) {
	name, on := r.PostFormValue("name"), r.PostFormValue("on")
	if on != "true" && on != "false" {
		http.Error(w, fmt.Sprintf("on: %q: must be true or false", on), http.StatusBadRequest)
		return
	}
	if err := p.config.SetFault(name, on == "true"); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if r.PostFormValue("script") == "true" {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	http.Redirect(w, r, p.base+"#failures", http.StatusSeeOther)
}
