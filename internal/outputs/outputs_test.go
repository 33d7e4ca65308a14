package outputs_test

import (
	"encoding/json"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/components"
	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/outputs"
	"github.com/smartlake/pulumi-smartlake/internal/program"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// exported is what the program of a stack exports, as JSON.
func exported(t *testing.T, stack string) []byte {
	t.Helper()
	archive, err := components.PackageValidator(t.Context(), components.Platform{OS: "linux", Arch: runtime.GOARCH}, nil)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := declared.LoadStack("../..", stack, map[string]string{
		"function.archive": archive, "function.architecture": map[string]string{"amd64": "x86_64", "arm64": "arm64"}[runtime.GOARCH],
	})
	if err != nil {
		t.Fatal(err)
	}
	g, err := declared.Run(program.With(loaded.Config), loaded)
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(g.Outputs())
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestEveryOutputThatIsReadIsExportedByTheProgram(t *testing.T) {
	clients := map[string]int{"dev": 3, "prod": 2}
	for stack, want := range map[string]string{"dev": "etl", "prod": "reporting"} {
		data := exported(t, stack)
		o, err := outputs.Parse(data)
		if err != nil {
			t.Fatalf("%s: %v", stack, err)
		}
		services := o.Apps(outputs.Service)
		if len(services) != 1 || services[0].Name != want || services[0].ID == "" || services[0].Secret == "" || len(services[0].Scopes) == 0 {
			t.Errorf("%s: service clients %+v", stack, services)
		}
		if len(o.Clients) != clients[stack] || len(o.ClientIDs) != clients[stack] {
			t.Errorf("%s: clients %v, ids %v", stack, o.Clients, o.ClientIDs)
		}
	}
	o, err := outputs.Parse(exported(t, "dev"))
	if err != nil {
		t.Fatal(err)
	}
	app := o.Apps(outputs.Public)
	if len(app) != 2 || app[0].Name != "app" || !slices.Equal(app[1].FHIRUserTypes, []string{"Practitioner"}) || app[0].Secret != "" || !slices.Equal(app[0].CallbackURLs, []string{"http://localhost:3000/callback"}) {
		t.Errorf("public clients %+v", app)
	}
}

const valid = `{
  "fhirBaseUrl": "https://healthlake.us-east-1.amazonaws.com/datastore/1/r4",
  "datastoreEndpoint": "https://healthlake.us-east-1.amazonaws.com/datastore/1/r4/", "discoveryDocument": "{}",
  "issuer": "https://i.example/p", "authorizationEndpoint": "https://a.example/authorize", "tokenEndpoint": "https://a.example/token",
  "revocationEndpoint": "https://a.example/revoke", "jwksUri": "https://i.example/p/jwks.json",
  "clientIds": {"etl": "1"}, "clientSecrets": {"etl": "hunter2"},
  "clients": {"etl": {"kind": "service", "scopes": ["system/*.rs"], "callbackUrls": []}}, "somethingElse": 1
}`

func TestWhatIsMissingOrMalformedIsNamedAndNoSecretTold(t *testing.T) {
	if _, err := outputs.Parse([]byte(valid)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, replacement, want string }{
		{`"issuer": "https://i.example/p",`, ``, `outputs: the stack lacks issuer: run "pulumi up" with this version's program first`},
		{`"tokenEndpoint": "https://`, `"tokenEndpoint": "http://`, `output tokenEndpoint: "http://a.example/token": must be an absolute https URL without user, query or fragment`},
		{`{"etl": "hunter2"}`, `"[secret]"`, "output clientSecrets: hidden: ask for it with --show-secrets"},
		{`{"etl": "hunter2"}`, `"hunter2"`, "output clientSecrets: must be an object of strings, by client"},
		{`{"etl": "hunter2"}`, `{}`, "output clientSecrets: no secret of client etl"},
		{`{"etl": "hunter2"}`, `null`, "output clientSecrets: must be an object of strings, by client"},
		{`{"etl": "1"}`, `{}`, "output clientIds: no id of client etl"},
		{`"service"`, `"robot"`, `output clients: etl: kind "robot": must be service, confidential or public`},
		{`"discoveryDocument": "{}"`, `"discoveryDocument": 1`, "output discoveryDocument: must be a string"},
		{`["system/*.rs"]`, `7`, "output clients: must be an object of clients with kind, scopes and callbackUrls"},
		{`/r4/"`, `/r4"`, `output datastoreEndpoint: "https://healthlake.us-east-1.amazonaws.com/datastore/1/r4": must end in a slash`},
		{`"somethingElse": 1`, `"frontDoor": {"discoveryDocument": 1}`, "output frontDoor: must be an object with discoveryDocument, a string"},
		{`"somethingElse": 1`, `"frontDoor": "[secret]"`, "output frontDoor: hidden: ask for it with --show-secrets"},
		{`datastore/1/r4",`, `datastore/2/r4", "frontDoor": {},`, `output frontDoor.discoveryDocument: missing; apps are served a discovery document at "https://healthlake.us-east-1.amazonaws.com/datastore/2/r4/": run "pulumi up" with this version's program first`},
		{`datastore/1/r4",`, `datastore/2/r4", "frontDoor": null,`, `output frontDoor.discoveryDocument: missing; apps are served a discovery document at "https://healthlake.us-east-1.amazonaws.com/datastore/2/r4/": run "pulumi up" with this version's program first`},
		{`{`, `[`, `outputs: must be the JSON object that "pulumi stack output --json --show-secrets" prints`},
	} {
		_, err := outputs.Parse([]byte(strings.Replace(valid, c.old, c.replacement, 1)))
		if err == nil || err.Error() != c.want {
			t.Errorf("got  %v\nwant %s", err, c.want)
		}
	}
	_, err := outputs.Parse([]byte(`{}`))
	for _, name := range outputs.Names() {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not named as missing: %v", name, err)
		}
	}
	var members map[string]any
	if err := json.Unmarshal([]byte(valid), &members); err != nil {
		t.Fatal(err)
	}
	if delete(members, "somethingElse"); !slices.Equal(slices.Sorted(maps.Keys(members)), slices.Sorted(slices.Values(outputs.Names()))) {
		t.Errorf("the names are %v", outputs.Names())
	}
}

func TestAppsFindTheDatastoreAtTheFrontDoorWhereThereIsOne(t *testing.T) {
	const datastore = "https://healthlake.us-east-1.amazonaws.com/datastore/1/r4/"
	for base, want := range map[string]struct {
		base string
		door bool
	}{
		"":                                  {datastore, false},
		strings.TrimSuffix(datastore, "/"):  {datastore, false},
		datastore:                           {datastore, false},
		"https://fhir.example.org/r4":       {"https://fhir.example.org/r4/", true},
		"https://healthlake.example.org/r4": {"https://healthlake.example.org/r4/", true},
	} {
		o := outputs.Outputs{FHIRBaseURL: base, DatastoreEndpoint: datastore}
		if o.Base() != want.base || o.HasFrontDoor() != want.door {
			t.Errorf("%q: got %s, %t", base, o.Base(), o.HasFrontDoor())
		}
	}
	const behind = `"https://fhir.example.org/r4", "frontDoor": {"discoveryDocument": "{\"issuer\":\"i\"}"}`
	o, err := outputs.Parse([]byte(strings.Replace(valid, `"https://healthlake.us-east-1.amazonaws.com/datastore/1/r4"`, behind, 1)))
	if err != nil || o.Base() != "https://fhir.example.org/r4/" {
		t.Errorf("got %q, %v", o.Base(), err)
	}
	if document, output := o.Served(); document != `{"issuer":"i"}` || output != "frontDoor.discoveryDocument" {
		t.Errorf("behind a door: served is %s of the output %s", document, output)
	}
	o, err = outputs.Parse([]byte(valid))
	if document, output := o.Served(); err != nil || document != "{}" || output != "discoveryDocument" {
		t.Errorf("without a door: served is %s of the output %s, %v", document, output, err)
	}
	_, err = outputs.Parse([]byte(strings.Replace(valid, "https://healthlake.us-east-1.amazonaws.com/datastore/1/r4\"", "http://fhir.example.org/r4\"", 1)))
	if want := `output fhirBaseUrl: "http://fhir.example.org/r4": must be an absolute https URL without user, query or fragment`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestWhoNeedsNoSecretReadsNone(t *testing.T) {
	for _, secrets := range []string{`{"etl": "hunter2"}`, `"[secret]"`, `{}`} {
		o, err := outputs.ParseWithoutSecrets([]byte(strings.Replace(valid, `{"etl": "hunter2"}`, secrets, 1)))
		if err != nil || o.ClientSecrets != nil || o.Apps(outputs.Service)[0].ID != "1" {
			t.Errorf("got %+v, %v", o, err)
		}
	}
	front := `"frontDoor": "[secret]", "fhirBaseUrl": "https://fhir.example.org/r4", "somethingElse": 1`
	if o, err := outputs.ParseWithoutSecrets([]byte(strings.Replace(valid, `"somethingElse": 1`, front, 1))); err != nil || !o.HasFrontDoor() {
		t.Errorf("behind a door: got %+v, %v", o, err)
	}
}

func TestATypeIsChosenThatTheScopesCover(t *testing.T) {
	for _, c := range []struct {
		scopes      []string
		permissions smart.Permissions
		want        string
	}{
		{[]string{"system/*.rs"}, smart.Read | smart.Search, "Patient"},
		{[]string{"system/Observation.rs"}, smart.Search, "Observation"},
		{[]string{"system/Observation.r", "system/Patient.s"}, smart.Search, "Patient"},
		{[]string{"system/*.s", "system/Observation.r"}, smart.Read | smart.Search, "Observation"},
		{[]string{"system/*.rs"}, smart.Create, ""},
		{[]string{"user/*.*", "patient/*.*", "openid"}, smart.Search, ""},
		{[]string{"system/Observation.rs?category=laboratory"}, smart.Search, ""},
		{nil, smart.Search, ""},
	} {
		got, ok := outputs.TypeWith(c.scopes, c.permissions, "Patient")
		if got != c.want || ok != (c.want != "") {
			t.Errorf("%v for %s: got %q, %t", c.scopes, c.permissions, got, ok)
		}
	}
}
