package healthlake_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/local/fhirsearch"
	"github.com/smartlake/pulumi-smartlake/internal/local/healthlake"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// stated is what the capability statement says of the searches for a type.
type stated struct {
	parameters            map[string]string // kind by name
	includes, revincludes []string
}

func (s store) statement(t *testing.T) map[string]stated {
	t.Helper()
	all := map[string]stated{}
	for _, entry := range s.sign(validSigner(), metadata).body["rest"].([]any)[0].(map[string]any)["resource"].([]any) {
		entry := entry.(map[string]any)
		of := stated{parameters: map[string]string{}}
		for _, parameter := range entry["searchParam"].([]any) {
			of.parameters[parameter.(map[string]any)["name"].(string)] = parameter.(map[string]any)["type"].(string)
		}
		for member, into := range map[string]*[]string{"searchInclude": &of.includes, "searchRevInclude": &of.revincludes} {
			listed, _ := entry[member].([]any)
			for _, one := range listed {
				*into = append(*into, one.(string))
			}
		}
		all[entry["type"].(string)] = of
	}
	return all
}

// valueOf is a value that a kind of parameter takes.
func valueOf(typ, name, kind string) string {
	values := map[string]string{
		"date": "2026", "number": "1", "quantity": "1", "reference": "x", "string": "x", "token": "true", "uri": "x",
	}
	if kind != "composite" {
		return values[kind]
	}
	p, err := fhirsearch.Find(typ, name)
	if err != nil {
		return err.Error()
	}
	var parts []string
	for _, kind := range p.Types() {
		parts = append(parts, values[kind])
	}
	return strings.Join(parts, "$")
}

func TestTheCapabilityStatementSaysExactlyWhatIsSearchedBy(t *testing.T) {
	s := newStore(t, nil)
	statement := s.statement(t)
	if len(statement) != 146 {
		t.Fatalf("it describes %d types", len(statement))
	}
	every := map[string]bool{"nonsense": true, "_text": true, "_content": true, "_query": true, "createdAt": true, "near": true}
	for _, of := range statement {
		for name := range of.parameters {
			every[name] = true
		}
	}
	names := slices.Sorted(maps.Keys(every))
	for typ, of := range statement {
		for name, kind := range of.parameters {
			if got := s.send("GET", typ+"?"+name+"="+valueOf(typ, name, kind), system, ""); got.status != 200 {
				t.Errorf("%s?%s, which it names: %d %s", typ, name, got.status, got.diagnostics())
			}
		}
		for n, name := range names {
			if _, named := of.parameters[name]; !named && (n+len(typ))%6 == 0 {
				if got := s.send("GET", typ+"?"+name+"=2026", system, ""); got.status != 400 || !strings.HasPrefix(got.diagnostics(), name+": ") {
					t.Errorf("%s?%s, which it does not name: %d %s", typ, name, got.status, got.diagnostics())
				}
			}
		}
		for _, p := range fhirsearch.All(typ) {
			if _, named := of.parameters[p.Name]; named == (p.Refused != "") {
				t.Errorf("%s?%s: named %t, refused %q", typ, p.Name, named, p.Refused)
			}
		}
	}
}

func TestTheCapabilityStatementSaysExactlyWhatIsIncluded(t *testing.T) {
	s := newStore(t, nil)
	statement := s.statement(t)
	for typ, of := range statement {
		for parameter, listed := range map[string][]string{"_include": of.includes, "_revinclude": of.revincludes} {
			for _, one := range listed {
				if got := s.send("GET", typ+"?"+parameter+"="+one, system, ""); got.status != 200 {
					t.Errorf("%s?%s=%s: %d %s", typ, parameter, one, got.status, got.diagnostics())
				}
			}
		}
	}
	for source, of := range statement {
		for name := range of.parameters {
			include := source + ":" + name
			accepted := s.send("GET", source+"?_include="+include, system, "").status == 200
			if listed := slices.Contains(of.includes, include); listed != accepted {
				t.Errorf("%s?_include=%s: stated %t, accepted %t", source, include, listed, accepted)
			}
			for _, typ := range []string{"Patient", "Practitioner", "Observation", "Medication"} {
				status := s.send("GET", typ+"?_revinclude="+include, system, "").status
				if listed := slices.Contains(statement[typ].revincludes, include); listed != (status == 200) {
					t.Errorf("%s?_revinclude=%s: stated %t, answered with %d", typ, include, listed, status)
				}
			}
		}
	}
}

// Which references a FHIR server behind follows is not known, and none are asked for.
func TestTheCapabilityStatementOfAServerBehindPromisesNoIncludes(t *testing.T) {
	s := newStore(t, func(c *healthlake.Config) { c.FHIRURL = "http://127.0.0.1:1/fhir" })
	for typ, of := range s.statement(t) {
		if len(of.includes)+len(of.revincludes) > 0 {
			t.Errorf("%s: %v", typ, fmt.Sprint(of.includes, of.revincludes))
		}
	}
}

// What else it promises is done: conditional creates and Bundles where the datastore is
// lenient, and no others.
func TestTheCapabilityStatementSaysWhatIsDoneOnACondition(t *testing.T) {
	behind := func(c *healthlake.Config) { c.FHIRURL = "http://127.0.0.1:1/fhir" }
	lenient := func(c *healthlake.Config) { c.Lenient = true }
	for name, c := range map[string]struct {
		edits        []func(*healthlake.Config)
		conditional  bool
		interactions string
	}{
		"in memory":       {nil, false, ""},
		"lenient":         {[]func(*healthlake.Config){lenient}, true, "[map[code:transaction] map[code:batch]]"},
		"behind":          {[]func(*healthlake.Config){behind}, false, ""},
		"behind, lenient": {[]func(*healthlake.Config){behind, lenient}, false, "[map[code:batch]]"},
	} {
		s := newStore(t, func(config *healthlake.Config) {
			for _, edit := range c.edits {
				edit(config)
			}
		})
		rest := s.sign(validSigner(), metadata).body["rest"].([]any)[0].(map[string]any)
		interactions := ""
		if rest["interaction"] != nil {
			interactions = fmt.Sprint(rest["interaction"])
		}
		patient := rest["resource"].([]any)[slices.Index(smart.ResourceTypes(), "Patient")].(map[string]any)
		if patient["conditionalCreate"] != c.conditional || patient["conditionalUpdate"] != false || patient["conditionalDelete"] != "not-supported" || interactions != c.interactions {
			t.Errorf("%s: %v %v, interactions %s", name, patient["conditionalCreate"], patient["conditionalUpdate"], interactions)
		}
		if strings.HasPrefix(name, "behind") {
			continue
		}
		created := s.send("POST", "Patient", system, `{"resourceType":"Patient"}`, "If-None-Exist", "identifier=1").status == 201
		done := s.send("POST", "", system, `{"resourceType":"Bundle","type":"transaction"}`).status == 200
		if created != c.conditional || name == "lenient" && !done {
			t.Errorf("%s: created on a condition %t, a transaction was done %t", name, created, done)
		}
	}
}

// A search within a transaction sees the transaction's own resources, and so do its
// includes and the grants on them.
func TestASearchWithinATransactionIncludesWhatItMade(t *testing.T) {
	s := newStore(t, func(c *healthlake.Config) { c.Lenient, c.FineGrained = true, true })
	doctor := holder{Scope: "user/*.cruds", FHIRUser: "Practitioner/me"}
	got := s.send("POST", "", doctor, bundle("transaction",
		entry("PUT", "Patient/x", `{"resourceType":"Patient","id":"x","generalPractitioner":[{"reference":"Practitioner/me"}]}`),
		entry("GET", "Patient?_id=x&_include=Patient:general-practitioner&_revinclude=Observation:subject", "")))
	if got.status != 200 || got.told(1, "resource")["total"] != 1.0 {
		t.Errorf("got %d %s", got.status, got.text)
	}
}
