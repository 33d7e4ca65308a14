package fhirsearch_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/local/fhirsearch"
)

// FuzzParse reads any parameter with any value, and compares any resource with it.
func FuzzParse(f *testing.F) {
	for _, c := range comparisons {
		typ := c.resource[len(`{"resourceType":"`):]
		typ = typ[:strings.IndexByte(typ, '"')]
		for query := range strings.FieldsSeq(c.found + " " + c.not) {
			key, value, _ := strings.Cut(query, "=")
			f.Add(typ, key, value, c.resource)
		}
	}
	f.Add("Observation", "value-quantity", "1e99", `{"valueQuantity":{"value":1e99999999}}`)
	f.Add("Patient", `name\:exact`, `a\,b\|c\$d\`, `{"name":[{"family":"a,b|c$d\\"}]}`)
	f.Add("Encounter", "date", "ap9999-12-31T23:59:59.999999999+14:00", `{"period":{"start":"0001","end":"9999-12-31T23:59:59Z"}}`)
	f.Fuzz(func(t *testing.T, typ, key, value, text string) {
		for _, d := range []fhirsearch.Dialect{own, {Lenient: true}} {
			criterion, err := d.Parse(typ, key, value)
			var refused *fhirsearch.Refusal
			if err != nil {
				if !errors.As(err, &refused) || refused.Text == "" {
					t.Fatalf("%s %s=%s: %v", typ, key, value, err)
				}
				continue
			}
			decoder := json.NewDecoder(strings.NewReader(text))
			decoder.UseNumber()
			resource := map[string]any{}
			if decoder.Decode(&resource) != nil {
				continue
			}
			matched := criterion.Matches(resource)
			if name, negated := strings.CutSuffix(key, ":not"); negated {
				positive, err := d.Parse(typ, name, value)
				if err != nil || positive.Matches(resource) == matched {
					t.Fatalf("%s %s=%s and its negation agree on %s: %v", typ, key, value, text, err)
				}
			}
			name, _, _ := strings.Cut(key, ":")
			present, err := d.Parse(typ, name+":missing", "false")
			if err == nil && matched && !strings.HasSuffix(key, ":not") && !strings.HasSuffix(key, ":missing") && !present.Matches(resource) {
				t.Fatalf("%s %s=%s finds %s, which has no value", typ, key, value, text)
			}
		}
	})
}
