package fhirsearch_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/local/fhirsearch"
	"github.com/smartlake/pulumi-smartlake/smart"
	"github.com/smartlake/pulumi-smartlake/tests/fhirserver"
)

// another is a FHIR server that has a FHIRPath engine and evaluates HL7's expressions with
// it.
type another struct {
	t    *testing.T
	base string
	http *http.Client
}

func startAnother(t *testing.T) another {
	t.Helper()
	client := &http.Client{Timeout: 30 * time.Second}
	t.Cleanup(client.CloseIdleConnections)
	return another{t, fhirserver.Start(t), client}
}

func (s another) do(method, path string, body any) (int, []byte) {
	s.t.Helper()
	var text []byte
	if body != nil {
		text, _ = json.Marshal(body)
	}
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.base+path, bytes.NewReader(text))
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/fhir+json")
	response, err := s.http.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	got, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return response.StatusCode, got
}

func (s another) put(resource map[string]any) {
	s.t.Helper()
	if status, text := s.do(http.MethodPut, fmt.Sprintf("%s/%s", resource["resourceType"], resource["id"]), resource); status != http.StatusOK {
		s.t.Fatalf("%v: %d %s", resource, status, text)
	}
}

// find returns the ids of what the server finds, sorted.
func (s another) find(typ, key, value string) []string {
	s.t.Helper()
	status, text := s.do(http.MethodGet, typ+"?"+url.Values{key: {value}, "_count": {"1000"}}.Encode(), nil)
	var bundle struct {
		Entry []struct{ Resource struct{ ID string } }
	}
	if err := json.Unmarshal(text, &bundle); err != nil || status != http.StatusOK {
		s.t.Fatalf("%s?%s=%s: %d %s", typ, key, value, status, text)
	}
	ids := []string{}
	for _, entry := range bundle.Entry {
		ids = append(ids, entry.Resource.ID)
	}
	slices.Sort(ids)
	return ids
}

// sample is a value of a data type, and what finds it.
func sample(typ, target string) (value any, finds string) {
	coding := map[string]any{"system": "urn:s", "code": "c1"}
	switch typ {
	case "boolean":
		return true, "true"
	case "code", "id", "string", "markdown":
		return "word", "word"
	case "uri", "url", "canonical", "oid", "uuid":
		return "http://example.org/word", "http://example.org/word"
	case "Coding":
		return coding, "urn:s|c1"
	case "CodeableConcept":
		return map[string]any{"coding": []any{coding}}, "urn:s|c1"
	case "Identifier":
		return map[string]any{"system": "urn:s", "value": "c1"}, "urn:s|c1"
	case "ContactPoint":
		return map[string]any{"value": "c1"}, "c1"
	case "Reference":
		return map[string]any{"reference": target + "/r1"}, target + "/r1"
	case "HumanName":
		return map[string]any{"family": "word"}, "word"
	case "Address":
		return map[string]any{"city": "word"}, "word"
	case "date":
		return "2020-05-05", "2020-05-05"
	case "dateTime", "instant":
		return "2020-05-05T10:00:00Z", "2020-05-05"
	case "Period":
		return map[string]any{"start": "2020-05-05T10:00:00Z", "end": "2020-05-05T11:00:00Z"}, "2020-05-05"
	case "Timing":
		return map[string]any{"event": []any{"2020-05-05T10:00:00Z"}}, ""
	case "decimal", "integer", "positiveInt", "unsignedInt":
		return 5, ""
	case "Money", "Quantity", "Age", "Duration", "Count", "Distance":
		return map[string]any{"value": 5}, ""
	case "Range":
		return map[string]any{"low": map[string]any{"value": 5}}, ""
	default: // whether an element is there
		return "2020-05-05", ""
	}
}

// placed is a resource with a value at a path.
func placed(typ, id, path string, value any) map[string]any {
	resource := map[string]any{"resourceType": typ, "id": id}
	at, names := resource, strings.Split(path, ".")
	for n, name := range names {
		name, condition, conditional := strings.Cut(strings.TrimSuffix(name, "]"), "[")
		next := map[string]any{}
		if n == len(names)-1 {
			object, ok := value.(map[string]any)
			if !ok {
				at[name] = value
				if name == "given" || name == "line" { // lists
					at[name] = []any{value}
				}
				return resource
			}
			next = object
		}
		if conditional {
			member, text, _ := strings.Cut(condition, "=")
			next[member] = text
		}
		at[name] = []any{next}
		at = next
	}
	return resource
}

// otherwise says why the other server finds something else by a parameter.
func otherwise(typ string, p *fhirsearch.Parameter) string {
	partOfChoice := strings.HasPrefix(p.Name, "onset-") || strings.HasPrefix(p.Name, "abatement-")
	switch {
	case p.Name == "_lastUpdated" || p.Name == "_id":
		return "it is not the resource's alone"
	case p.Kind == fhirsearch.Composite:
		return "there are no composite parameters there"
	case typ == "Binary":
		return "a Binary has no meta there"
	case typ == "Condition" && partOfChoice:
		return "the function as() takes every data type there"
	case slices.Contains(p.Types(), "Timing"):
		return "a Timing is not compared there"
	case p.Name == "address":
		return "the country is not part of an address there"
	default:
		return ""
	}
}

// The elements that each parameter compares are those that HL7's FHIRPath expression
// selects, as another implementation of FHIRPath evaluates it.
func TestAnotherFHIRServerComparesTheSameElements(t *testing.T) {
	s := startAnother(t)
	compared, different := 0, map[string][]string{}
	for _, typ := range smart.ResourceTypes() {
		resources := []map[string]any{{"resourceType": typ, "id": "bare"}}
		queries := map[string][]string{}
		for _, p := range fhirsearch.All(typ) {
			if p.Refused != "" {
				continue
			}
			if why := otherwise(typ, p); why != "" {
				different[why] = append(different[why], typ+"?"+p.Name)
				continue
			}
			queries[p.Name+":missing"] = []string{"false", "true"}
			for _, e := range p.Elements() {
				target := e.Target
				if target == "" {
					target = "Patient"
					if targets := p.Targets(); len(targets) > 0 && targets[0] != "*" && !slices.Contains(targets, target) {
						target = targets[0]
					}
				}
				value, finds := sample(e.Type, target)
				resources = append(resources, placed(typ, fmt.Sprintf("n%d", len(resources)), e.Path, value))
				if finds != "" && !slices.Contains(queries[p.Name], finds) {
					queries[p.Name] = append(queries[p.Name], finds)
				}
			}
		}
		for _, resource := range resources {
			s.put(resource)
		}
		for key, values := range queries {
			for _, value := range values {
				compared++
				s.compare(typ, key, value, resources)
			}
		}
	}
	t.Logf("%d searches compared", compared)
	for why, queries := range different {
		t.Logf("%d not compared, because %s: %s", len(queries), why, strings.Join(queries[:min(8, len(queries))], " "))
	}
}

// compare holds what is found here against what the other server finds.
func (s another) compare(typ, key, value string, resources []map[string]any) {
	s.t.Helper()
	criterion, err := fhirsearch.Dialect{}.Parse(typ, key, value)
	if err != nil {
		s.t.Errorf("%s?%s=%s: %v", typ, key, value, err)
		return
	}
	found := []string{}
	for _, resource := range resources {
		if criterion.Matches(resource) {
			found = append(found, resource["id"].(string))
		}
	}
	slices.Sort(found)
	if theirs := s.find(typ, key, value); !slices.Equal(found, theirs) {
		s.t.Errorf("%s?%s=%s finds %v here, %v there", typ, key, value, found, theirs)
		for _, resource := range resources {
			if id := resource["id"].(string); slices.Contains(found, id) != slices.Contains(theirs, id) {
				text, _ := json.Marshal(resource)
				s.t.Logf("%s", text)
				break
			}
		}
	}
}

// visits are resources with values that lie close to each other.
func visits() []map[string]any {
	var all []map[string]any
	for n := range 48 {
		day := fmt.Sprintf("2024-%02d-%02d", 1+n%4, 1+n%9)
		at := map[string]any{"effectiveDateTime": day}
		switch n % 5 {
		case 1:
			at = map[string]any{"effectiveDateTime": fmt.Sprintf("%sT%02d:30:00Z", day, n%24)}
		case 2:
			at = map[string]any{"effectivePeriod": map[string]any{"start": day, "end": fmt.Sprintf("2024-%02d-28", 1+n%4)}}
		case 3:
			at = map[string]any{"effectivePeriod": map[string]any{"start": day}}
		case 4:
			at = map[string]any{}
		}
		resource := map[string]any{
			"resourceType": "Observation", "id": fmt.Sprintf("o%02d", n), "status": []string{"final", "amended"}[n%2],
			"code":    map[string]any{"coding": []any{map[string]any{"system": "urn:" + string(rune('a'+n%3)), "code": fmt.Sprint(n % 7)}}},
			"subject": map[string]any{"reference": fmt.Sprintf("%s/p%d", []string{"Patient", "Group"}[n%11%2], n%6)},
		}
		for name, value := range at {
			resource[name] = value
		}
		if n%4 == 0 {
			resource["valueString"] = []string{"alpha beta", "beta", "gamma"}[n%3]
		}
		all = append(all, resource)
	}
	return all
}

// The other server takes no prefix where a period only overlaps, and compares strings
// anywhere and without regard to case: what both say the same about is compared.
func TestAnotherFHIRServerFindsTheSame(t *testing.T) {
	s := startAnother(t)
	resources := visits()
	for _, resource := range resources {
		s.put(resource)
	}
	for _, query := range []string{
		"code=1", "code=urn:a|1", "code=urn:a|", "code=|1", "code=1,2", "code=urn:a|1,urn:b|2", "code=9", "code:not=1", "code:not=1,2",
		"status=final", "status:not=final", "status=amended,final", "subject=Patient/p1", "subject=Group/p2", "subject=Patient/p1,Group/p2", "patient=Patient/p1",
		"patient=Patient/p1,Patient/p2", "subject=Patient/none", "subject:missing=true", "date:missing=true", "date:missing=false", "value-string:missing=false",
		"value-string=gamma", "value-string=alpha", "value-string:contains=beta", "value-string=alpha,gamma",
		"date=ge2024-02-01", "date=gt2024-02-10", "date=lt2024-02-10", "date=lt2024-03-01", "date=sa2024-03-05", "date=eb2024-02-01", "date=ge2024", "date=gt2024-12-31",
	} {
		key, value, _ := strings.Cut(query, "=")
		s.compare("Observation", key, value, resources)
	}
}
