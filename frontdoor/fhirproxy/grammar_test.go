package fhirproxy_test

import (
	"errors"
	"net/url"
	"path"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/frontdoor/fhirproxy"
	"github.com/smartlake/pulumi-smartlake/smart"
)

func TestEveryInteractionOfFHIRIsKnownByItsName(t *testing.T) {
	for request, want := range map[string]fhirproxy.Interaction{
		"GET ":                                     {Name: "search-system"},
		"POST ":                                    {Name: "transaction"},
		"POST _search":                             {Name: "search-system"},
		"GET _history":                             {Name: "history-system"},
		"GET metadata":                             {Name: "capabilities"},
		"POST $export":                             {Name: "operation", Operation: "$export"},
		"GET $export":                              {Name: "operation", Operation: "$export"},
		"GET $erase/0123":                          {Name: "job-status", Operation: "$erase"},
		"GET export/0123":                          {Name: "job-status"},
		"DELETE export/0123":                       {Name: "job-cancel"},
		"GET Patient":                              {Name: "search-type", Type: "Patient"},
		"HEAD Patient":                             {Name: "search-type", Type: "Patient"},
		"POST Patient":                             {Name: "create", Type: "Patient"},
		"PUT Patient":                              {Name: "update", Type: "Patient"},
		"PATCH Patient":                            {Name: "patch", Type: "Patient"},
		"DELETE Patient":                           {Name: "delete", Type: "Patient"},
		"POST Patient/_search":                     {Name: "search-type", Type: "Patient"},
		"GET Patient/_history":                     {Name: "history-type", Type: "Patient"},
		"POST Patient/$export":                     {Name: "operation", Type: "Patient", Operation: "$export"},
		"POST Claim/$davinci.x-1":                  {Name: "operation", Type: "Claim", Operation: "$davinci.x-1"},
		"GET Patient/1":                            {Name: "read", Type: "Patient"},
		"HEAD Patient/1":                           {Name: "read", Type: "Patient"},
		"PUT Patient/1":                            {Name: "update", Type: "Patient"},
		"PATCH Patient/1":                          {Name: "patch", Type: "Patient"},
		"DELETE Patient/1":                         {Name: "delete", Type: "Patient"},
		"GET Patient/A-z.9/_history":               {Name: "history-instance", Type: "Patient"},
		"GET Patient/1/_history/2":                 {Name: "vread", Type: "Patient"},
		"GET Patient/1/$everything":                {Name: "operation", Type: "Patient", Operation: "$everything"},
		"POST Group/1/$export":                     {Name: "operation", Type: "Group", Operation: "$export"},
		"POST Patient/1/_history/2/$erase":         {Name: "operation", Type: "Patient", Operation: "$erase"},
		"GET Patient/1/Observation":                {Name: "search-compartment", Type: "Observation"},
		"GET Encounter/1/*":                        {Name: "search-compartment"},
		"POST Device/1/_search":                    {Name: "search-compartment"},
		"POST RelatedPerson/1/Observation/_search": {Name: "search-compartment", Type: "Observation"},
		"GET Patient/" + strings.Repeat("a", 64):   {Name: "read", Type: "Patient"},
	} {
		method, path, _ := strings.Cut(request, " ")
		if got, err := fhirproxy.Parse(method, path); err != nil || got != want {
			t.Errorf("%s: got %+v, %v, want %+v", request, got, err, want)
		}
	}
}

func TestAPathOutsideOfTheGrammarIsRefused(t *testing.T) {
	for request, want := range map[string]int{
		"GET Patient/":                           400, // a slash behind
		"GET /Patient":                           400,
		"GET Patient//1":                         400,
		"GET Patient/1/":                         400,
		"GET Patient/.":                          400,
		"GET Patient/..":                         400,
		"GET ..":                                 400,
		"GET .":                                  400,
		"GET Patient/1;a":                        400,
		"GET Patient\\1":                         400,
		"GET Patient/%31":                        400,
		"GET Patient/a b":                        400,
		"GET Patient/a\x00":                      400,
		"GET Patient/a\r\nHost: x":               400,
		"GET Patient/é":                          400,
		"GET Patient/a?b":                        400,
		"GET Patient/a#b":                        400,
		"GET Patient/a:b":                        400,
		"GET Patient/a@b":                        400,
		"GET Pacient":                            404,
		"GET patient":                            404,
		"GET Patient/a_b":                        404,
		"GET Patient/$":                          404,
		"GET Patient/*":                          404,
		"GET Patient/" + strings.Repeat("a", 65): 404,
		"GET Patient/1/Observation/2":            404,
		"GET Observation/1/Patient":              404, // no compartment
		"GET Patient/1/_history/2/3":             404,
		"GET Patient/_history/2":                 404,
		"GET _search/1":                          404,
		"GET metadata/1":                         404,
		"GET .well-known/smart-configuration":    404,
		"GET ...":                                404,
		"GET export":                             404,
		"GET export/a_b":                         404,
		"GET $1":                                 404,
		"GET $" + strings.Repeat("a", 65):        404,
		"POST Patient/1":                         405,
		"GET Patient/_search":                    405,
		"PUT ":                                   405,
		"OPTIONS Patient":                        405,
		"TRACE Patient":                          405,
		"CONNECT Patient":                        405,
		"get Patient":                            405,
		" Patient":                               405,
		"DELETE Patient/1/_history/1":            405,
		"DELETE $export":                         405,
		"POST export/1":                          405,
		"POST metadata":                          405,
	} {
		method, path, _ := strings.Cut(request, " ")
		_, err := fhirproxy.Parse(method, path)
		var refusal *fhirproxy.Refusal
		if !errors.As(err, &refusal) || refusal.Status != want {
			t.Errorf("%q: got %v, want %d", request, err, want)
		}
	}
}

func TestARefusalSaysWhatWouldBeAccepted(t *testing.T) {
	h := saying(t, 200, `{}`)
	server := through(t, h)
	for request, want := range map[string]struct {
		status                   int
		code, diagnostics, allow string
	}{
		"PUT /r4/Patient/_search":            {405, "not-supported", "the method: not allowed for this path; use POST", "POST"},
		"OPTIONS /r4/Patient/1":              {405, "not-supported", "the method: not allowed for this path; use DELETE, GET, HEAD, PATCH, PUT", "DELETE, GET, HEAD, PATCH, PUT"},
		"GET /r4/Pacient":                    {404, "not-found", `the path: "Pacient" is not a resource type of FHIR R4`, ""},
		"GET /r4/Patient/1/2":                {404, "not-found", "the path: not a path of FHIR R4", ""},
		"GET /r4/<script>":                   {400, "invalid", "the path: must not be percent-encoded", ""},
		"GET /r4/Patient//1":                 {400, "invalid", "the path: must be made of resource types, ids and FHIR's own names, with one slash between them and nothing percent-encoded", ""},
		"GET /r4/" + strings.Repeat("A", 65): {404, "not-found", "the path: not a path of FHIR R4", ""},
		"GET /r42/Patient":                   {404, "not-found", "the path: not below the FHIR base URL", ""},
		"GET /":                              {404, "not-found", "the path: not below the FHIR base URL", ""},
		"GET /R4/Patient":                    {404, "not-found", "the path: not below the FHIR base URL", ""},
		"GET /r4/Patient?access_token":       {400, "security", "the query: must not have credentials; send the access token as \"Authorization: Bearer <token>\"", ""},
	} {
		method, path, _ := strings.Cut(request, " ")
		answer := send(t, server, method, strings.NewReplacer("<", "%3c", ">", "%3e").Replace(path), "")
		severity, code, diagnostics := answer.issue(t)
		if answer.status != want.status || severity != "error" || code != want.code || diagnostics != want.diagnostics || answer.header.Get("Allow") != want.allow {
			t.Errorf("%s: got %d %v %s", request, answer.status, answer.header["Allow"], answer.text)
		}
	}
	if len(h.requests()) != 0 {
		t.Error("the datastore was asked")
	}
}

// FuzzParse: a path that is taken stays below the base for whoever reads it, and is the
// same raw and decoded.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"", "Patient/1", "Patient/1/_history/2", "$export", "Patient/..", "Patient/%2e%2e", "Patient//1", "Patient/1/*", "export/1", "Patient/1;a", "Patient/1\\.."} {
		f.Add("GET", seed)
	}
	base, err := url.Parse(from)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, method, raw string) {
		i, err := fhirproxy.Parse(method, raw)
		var refusal *fhirproxy.Refusal
		if err != nil {
			if !errors.As(err, &refusal) || refusal.Status != 400 && refusal.Status != 404 && refusal.Status != 405 || i != (fhirproxy.Interaction{}) {
				t.Errorf("%q: got %+v, %v", raw, i, err)
			}
			return
		}
		if i.Name == "" || i.Type != "" && !smart.IsResourceType(i.Type) {
			t.Errorf("%q: got %+v", raw, i)
		}
		to, err := base.Parse(raw)
		if err != nil || to.String() != from+raw || path.Clean("/"+raw) != "/"+raw && raw != "" {
			t.Errorf("%q reads %q, %v", raw, to, err)
		}
		if decoded, err := url.PathUnescape(raw); err != nil || decoded != raw {
			t.Errorf("%q decodes to %q", raw, decoded)
		}
	})
}
