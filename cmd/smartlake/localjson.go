package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/local"
)

// eventsVersion is the version of the events, the "version" of every line. It changes only
// with a release that takes something away or gives it another meaning: programs ignore
// members and events that they do not know. docs/reference/local-events.md is the contract.
const eventsVersion = 1

// event is what every line of --json has.
type event struct {
	Version int    `json:"version"`
	Event   string `json:"event"`
}

// stepEvent is a step of the walk, or a refusal.
type stepEvent struct {
	event

	Number int     `json:"number"` // from 1, of steps and refusals each
	From   string  `json:"from"`
	To     string  `json:"to"`
	What   string  `json:"what"`
	TookMS float64 `json:"tookMs,omitempty"`
	Error  string  `json:"error,omitempty"`
}

// leftOutEvent says which steps and refusals the walk did not take, because the stack has
// nothing to take them with.
type leftOutEvent struct {
	event

	Number int    `json:"number"` // how many
	What   string `json:"what"`
}

// readyEvent says where everything serves. It is the content of --ready-file too. Its only
// secret is the page's address.
type readyEvent struct {
	event

	FHIRBaseURL   string `json:"fhirBaseUrl"`
	FrontDoor     string `json:"frontDoor,omitempty"`
	TokenEndpoint string `json:"tokenEndpoint"`
	Issuer        string `json:"issuer"`
	HostedDomain  string `json:"hostedDomain"`
	Datastore     string `json:"datastore"`
	Page          string `json:"page"`
	Dir           string `json:"dir"`
	Certificate   string `json:"certificate"`
	PID           int    `json:"pid"`
}

// failedEvent says why nothing runs, or what went wrong in the walk.
type failedEvent struct {
	event

	Message string `json:"message"`
}

// stoppedEvent says that a cloud has ended.
type stoppedEvent struct{ event }

func named(name string) event { return event{eventsVersion, name} }

// readyOf is what a cloud's ready event says.
func readyOf(cloud *local.Cloud) readyEvent {
	return readyEvent{
		event: named("ready"), FHIRBaseURL: strings.TrimSuffix(cloud.FHIRBase, "/"), FrontDoor: cloud.FrontDoor, TokenEndpoint: cloud.TokenEndpoint, Issuer: cloud.Issuer,
		HostedDomain: cloud.HostedDomain, Datastore: cloud.Datastore, Page: cloud.Page, Dir: absolute(cloud.Dir),
		Certificate: absolute(cloud.CertificateFile), PID: os.Getpid(),
	}
}

// absolute is a path for programs that run elsewhere.
func absolute(path string) string {
	if whole, err := filepath.Abs(path); err == nil {
		return whole
	}
	return path
}

// jsonTeller is for programs: an event a line.
type jsonTeller struct{ lines *json.Encoder }

func newJSONTeller(out io.Writer) jsonTeller {
	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	return jsonTeller{lines}
}

func (j jsonTeller) walk(ctx context.Context, cloud *local.Cloud) error {
	refusals := 0
	var unwritten error
	err := cloud.Walk(ctx, func(s local.Step) {
		if s.LeftOut > 0 {
			unwritten = errors.Join(unwritten, j.lines.Encode(leftOutEvent{named("leftOut"), s.LeftOut, s.What}))
			return
		}
		line := stepEvent{From: s.From, To: s.To, What: s.What, TookMS: float64(s.Took.Microseconds()) / 1000}
		if s.Number == 0 {
			refusals++
			line.event, line.Number = named("refusal"), refusals
		} else {
			line.event, line.Number = named("step"), s.Number
		}
		if s.Err != nil {
			line.Error = s.Err.Error()
		}
		unwritten = errors.Join(unwritten, j.lines.Encode(line))
	})
	return errors.Join(err, unwritten)
}

func (j jsonTeller) endpoints(cloud *local.Cloud) error { return j.lines.Encode(readyOf(cloud)) }

func (j jsonTeller) failed(message string) error {
	return j.lines.Encode(failedEvent{named("failed"), message})
}

func (j jsonTeller) stopped() error { return j.lines.Encode(stoppedEvent{named("stopped")}) }

// quietTeller says where the page is.
type quietTeller struct{ out io.Writer }

func (quietTeller) walk(ctx context.Context, cloud *local.Cloud) error {
	return cloud.Walk(ctx, func(local.Step) {})
}

func (q quietTeller) endpoints(cloud *local.Cloud) error {
	_, err := fmt.Fprintln(q.out, cloud.Page)
	return err
}

func (quietTeller) failed(string) error { return nil }

func (quietTeller) stopped() error { return nil }
