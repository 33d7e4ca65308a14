package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/smartlake/pulumi-smartlake/internal/local"
)

// jsonTeller is for programs: an object a line. No line holds a secret but
// the page's address, whose path is one.
type jsonTeller struct{ lines *json.Encoder }

// stepLine is a step of the walk, or a refusal.
type stepLine struct {
	Step    int     `json:"step,omitempty"`    // 1 to 10
	Refusal int     `json:"refusal,omitempty"` // 1 or 2
	From    string  `json:"from"`
	To      string  `json:"to"`
	What    string  `json:"what"`
	TookMS  float64 `json:"tookMs,omitempty"`
	Error   string  `json:"error,omitempty"`
}

func (j jsonTeller) walk(ctx context.Context, cloud *local.Cloud) error {
	refusals := 0
	var unwritten error
	err := cloud.Walk(ctx, func(s local.Step) {
		line := stepLine{Step: s.Number, From: s.From, To: s.To, What: s.What, TookMS: float64(s.Took.Microseconds()) / 1000}
		if s.Number == 0 {
			refusals++
			line.Refusal = refusals
		}
		if s.Err != nil {
			line.Error = s.Err.Error()
		}
		unwritten = errors.Join(unwritten, j.lines.Encode(line))
	})
	return errors.Join(err, unwritten)
}

func (j jsonTeller) endpoints(cloud *local.Cloud) error {
	return j.lines.Encode(map[string]any{"ready": map[string]string{
		"page": cloud.Page, "fhirBase": cloud.FHIRBase, "datastore": cloud.Datastore, "hostedDomain": cloud.HostedDomain, "issuer": cloud.Issuer, "dir": cloud.Dir,
	}})
}

// quietTeller says where the page is.
type quietTeller struct{ out io.Writer }

func (quietTeller) walk(ctx context.Context, cloud *local.Cloud) error {
	return cloud.Walk(ctx, func(local.Step) {})
}

func (q quietTeller) endpoints(cloud *local.Cloud) error {
	_, err := fmt.Fprintln(q.out, cloud.Page)
	return err
}
