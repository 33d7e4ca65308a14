package local_test

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/smartlake/pulumi-smartlake/internal/local"
	"github.com/smartlake/pulumi-smartlake/internal/local/localtest"
	"github.com/smartlake/pulumi-smartlake/internal/program"
	"github.com/smartlake/pulumi-smartlake/internal/smoke/hosted"
)

// resources are a folder of a patient of a practitioner, as NDJSON.
func resources(t *testing.T, lines ...string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "all.ndjson"), []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

const (
	doctor    = `{"resourceType":"Practitioner","id":"dora"}`
	lonely    = `{"resourceType":"Patient","id":"leo"}`
	ofADoctor = `{"resourceType":"Patient","id":"pia","generalPractitioner":[{"reference":"Practitioner/dora"}]}`
)

// searchAs signs a made-up user in at the client for practitioners, and counts the patients
// that they find.
func (a app) searchAs(user local.User) any {
	a.t.Helper()
	c := a.client("rounds")
	request := newRequest(a.t, http.MethodGet, a.cloud.HostedDomain+"/oauth2/authorize?"+url.Values{
		"response_type": {"code"}, "client_id": {c.ID}, "redirect_uri": {userCallback}, "scope": {strings.Join(c.Scopes, " ")},
		"code_challenge": {oauth2.S256ChallengeFromVerifier(codeVerifier)}, "code_challenge_method": {"S256"},
	}.Encode(), nil)
	back, err := hosted.SignIn(a.http, request, userCallback, hosted.User{Name: user.Name, Password: user.Password})
	if err != nil {
		a.t.Fatal(err)
	}
	_, tokens := a.ask(c, url.Values{
		"grant_type": {"authorization_code"}, "code": {back.Query().Get("code")}, "redirect_uri": {userCallback}, "code_verifier": {codeVerifier},
	})
	token, _ := tokens["access_token"].(string)
	_, answer := a.fhir(http.MethodGet, "Patient", token)
	return answer["total"]
}

func TestTheMadeUpPractitionerHasPatients(t *testing.T) {
	for name, c := range map[string]struct {
		edit     func(*local.Options)
		patient  string
		patients float64
	}{
		"synthetic":                  {nil, "patient-001", 20},
		"synthetic, of another seed": {func(o *local.Options) { o.Seed = 7 }, "patient-001", 20},
		"loaded":                     {func(o *local.Options) { o.Load = resources(t, lonely, ofADoctor, doctor) }, "leo", 1},
	} {
		cloud := localtest.Start(t, "dev", map[string]string{"clients": appsOfUsers, "fineGrainedAuthorization": "true"}, c.edit)
		if len(cloud.Users) != 2 || cloud.Users[0].Patient != c.patient || cloud.Users[0].FHIRUser != "Patient/"+c.patient {
			t.Fatalf("%s: made up %v", name, cloud.Users)
		}
		if found := newApp(t, cloud).searchAs(cloud.Users[1]); found != c.patients {
			t.Errorf("%s: %s finds %v patients, want %v", name, cloud.Users[1].FHIRUser, found, c.patients)
		}
		if len(cloud.Advice) > 0 {
			t.Errorf("%s: advises %v", name, cloud.Advice)
		}
	}
}

func TestUsersWhoWouldSeeNothingAreExplained(t *testing.T) {
	for name, c := range map[string]struct {
		stack     string
		overrides map[string]string
		edit      func(*local.Options)
		users     []string
		advice    []string // the beginnings
	}{
		"as in dev":                   {"dev", nil, nil, []string{"patient", "practitioner"}, nil},
		"no client for practitioners": {"dev", map[string]string{"clients": patientsApp}, nil, []string{"patient", "practitioner"}, []string{"No client is for the user practitioner. Give one a user/ scope"}},
		"an empty datastore": {"prod", map[string]string{"alarms": `{"emails":["a@example.org"]}`}, nil, nil, []string{
			"The datastore holds no patient. For data, use --load with a folder of FHIR resources, or --config preloadSynthea=true",
		}},
		"an empty datastore, as advised":           {"prod", map[string]string{"preloadSynthea": "true"}, nil, []string{"patient", "practitioner"}, []string{"No client is for the user practitioner."}},
		"a FHIR server behind":                     {"dev", nil, func(o *local.Options) { o.FHIRURL = "http://127.0.0.1:9" }, nil, []string{"There are no made-up users, because nothing is known of the patients of your FHIR server. To sign in, declare testUsers"}},
		"declared users":                           {"dev", map[string]string{"testUsers": testUsers}, nil, []string{"ann"}, nil},
		"declared users, and a FHIR server behind": {"dev", map[string]string{"testUsers": testUsers}, func(o *local.Options) { o.FHIRURL = "http://127.0.0.1:9" }, []string{"ann"}, nil},
		"no users wanted":                          {"dev", nil, func(o *local.Options) { o.NoUsers = true }, nil, nil},
		"nobody's general practitioner":            {"dev", nil, func(o *local.Options) { o.Load = resources(t, doctor, lonely) }, []string{"patient"}, []string{"No practitioner is made up, because no patient names one"}},
		"nobody's folder":                          {"dev", nil, func(o *local.Options) { o.Load = resources(t, doctor) }, nil, []string{"The folder of --load holds no Patient."}},
		"services alone":                           {"dev", map[string]string{"clients": `[{"name":"etl","kind":"service","scopes":["system/*.rs"]}]`, "preloadSynthea": "false"}, nil, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			cloud := localtest.Start(t, c.stack, c.overrides, c.edit)
			var users []string
			for _, user := range cloud.Users {
				users = append(users, user.Name)
			}
			if !slices.Equal(users, c.users) {
				t.Errorf("users %v, want %v", users, c.users)
			}
			told := slices.EqualFunc(cloud.Advice, c.advice, strings.HasPrefix)
			_, _, page := newApp(t, cloud).answerTo(newRequest(t, http.MethodGet, cloud.Page, nil))
			for _, advice := range cloud.Advice {
				start, _, _ := strings.Cut(advice, "'") // which HTML escapes
				told = told && strings.Contains(page, "<li>"+start)
			}
			if !told {
				t.Errorf("advises %q, want %q", cloud.Advice, c.advice)
			}
		})
	}
}

func TestResourcesOfAFolderAreServed(t *testing.T) {
	cloud := localtest.Start(t, "prod", nil, func(o *local.Options) { o.Load = resources(t, lonely, ofADoctor, doctor) })
	if resources, types := cloud.Loaded(); resources != 3 || types != 2 {
		t.Errorf("loaded %d resources of %d types, want 3 of 2", resources, types)
	}
	a := newApp(t, cloud)
	if status, answer := a.fhir(http.MethodGet, "Patient", a.token("reporting", "system/*.rs")); status != http.StatusOK || answer["total"] != 2.0 {
		t.Errorf("got %d %v", status, answer)
	}
}

func TestResourcesThatCannotBeLoadedStopTheStart(t *testing.T) {
	loaded, err := localtest.Load(t.Context(), "dev", nil)
	if err != nil {
		t.Fatal(err)
	}
	for want, options := range map[string]local.Options{
		`: no file *.json or *.ndjson`:                                         {Load: t.TempDir()},
		`all.ndjson:2: resourceType: "X": must be a type of FHIR R4`:           {Load: resources(t, lonely, `{"resourceType":"X"}`)},
		`load: "x": cannot be combined with a FHIR server of your own; remove`: {Load: "x", FHIRURL: "http://127.0.0.1:9"},
		`seed: 3: there are no synthetic patients`:                             {Load: "x", Seed: 3},
	} {
		options.Program, options.Stack = program.With(loaded.Config), loaded
		if cloud, err := local.Start(options); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v %v, want %q", cloud, err, want)
		}
	}
}
