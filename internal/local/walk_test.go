package local_test

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/local"
	"github.com/smartlake/pulumi-smartlake/internal/local/localtest"
	"github.com/smartlake/pulumi-smartlake/internal/outputs"
	smokeapp "github.com/smartlake/pulumi-smartlake/internal/smoke/app"
)

// walked are the steps of a walk, by number, "R" for a refusal and "-" for what was left out.
func walked(t *testing.T, cloud *local.Cloud) (numbers string, steps []local.Step, err error) {
	t.Helper()
	err = cloud.Walk(t.Context(), func(s local.Step) {
		steps = append(steps, s)
		switch {
		case s.LeftOut > 0:
			numbers += fmt.Sprintf(" -%d", s.LeftOut)
		case s.Number == 0:
			numbers += " R"
		default:
			numbers += fmt.Sprint(" ", s.Number)
		}
	})
	return strings.TrimSpace(numbers), steps, err
}

const wholeWay = "1 2 3 4 5 6 7 8 9 10 R R"

const (
	patientsApp      = `[{"name":"app","kind":"public","scopes":["openid","launch/patient","patient/*.rs"],"callbackUrls":["http://localhost:3000/callback"]}]`
	practitionersApp = `[{"name":"clinic","kind":"confidential","scopes":["openid","user/Patient.rs"],"fhirUserTypes":["Practitioner"],"callbackUrls":["https://clinic.example.org/"]}]`
)

func TestTheWalkGoesAsAUserWhereTheStackHasNoService(t *testing.T) {
	for what, c := range map[string]struct {
		overrides map[string]string
		third     string
		scope     string
	}{
		"a patient": {
			map[string]string{"clients": patientsApp},
			`scope="openid launch/patient patient/*.rs" as client app, user patient signs in, POST `, "patient/*.rs",
		},
		"a patient, without a front door": {
			map[string]string{"clients": patientsApp, "frontDoor": "none"},
			`scope="openid launch/patient patient/*.rs" as client app, user patient signs in, POST `, "patient/*.rs",
		},
		"a practitioner, at a client with a secret": {
			map[string]string{"clients": practitionersApp},
			`scope="openid user/Patient.rs" as client clinic, user practitioner signs in, POST `, "user/Patient.rs",
		},
		"a declared user": {
			map[string]string{"clients": patientsApp, "testUsers": `[{"username":"ann","email":"ann@example.org","password":"Correct-horse-1","patient":"patient-002"}]`},
			`as client app, user ann signs in, POST `, "patient/*.rs",
		},
		"a user in a client's group": {
			map[string]string{
				"clients": strings.Replace(patientsApp, `"kind"`, `"groups":["trial"],"kind"`, 1),
				"testUsers": `[{"username":"ann","email":"ann@example.org","password":"Correct-horse-1","patient":"patient-002"},
					{"username":"bob","email":"bob@example.org","password":"Correct-horse-2","patient":"patient-003","groups":["trial"]}]`,
			},
			`as client app, user bob signs in, POST `, "patient/*.rs",
		},
	} {
		t.Run(what, func(t *testing.T) {
			numbers, steps, err := walked(t, localtest.Start(t, "dev", c.overrides, nil))
			if err != nil || numbers != wholeWay {
				t.Fatalf("walked %s, %v", numbers, err)
			}
			if !strings.Contains(steps[2].What, c.third) {
				t.Errorf("step 3 is %q, want %q", steps[2].What, c.third)
			}
			if want := fmt.Sprintf("scope %q", c.scope); !strings.Contains(steps[8].What, want) {
				t.Errorf("step 9 is %q, want %q", steps[8].What, want)
			}
			if text := fmt.Sprint(steps); strings.Contains(text, "Correct-horse") || strings.Contains(text, "Local-p") {
				t.Errorf("the steps tell a password:\n%s", text)
			}
		})
	}
}

func TestTheWalkSaysWhatItLeavesOutAndWhy(t *testing.T) {
	const nobody = "steps 3 to 10 and the refusal of a tampered token: the stack has no client of kind service, and no user of whom a scope counts at a client with callbackUrls"
	for what, c := range map[string]struct {
		overrides map[string]string
		noUsers   bool
		numbers   string
		why       string
	}{
		"nobody signs in":            {map[string]string{"clients": patientsApp}, true, "1 2 -9 R", nobody},
		"no scope counts":            {map[string]string{"clients": strings.Replace(practitionersApp, "Practitioner", "RelatedPerson", 1)}, false, "1 2 -9 R", nobody},
		"a service that only writes": {map[string]string{"clients": `[{"name":"etl","kind":"service","scopes":["system/*.cu"]}]`}, false, "1 2 3 4 -6 R R", "steps 5 to 10: client etl has no scope to search with"},
	} {
		t.Run(what, func(t *testing.T) {
			numbers, steps, err := walked(t, localtest.Start(t, "dev", c.overrides, func(o *local.Options) { o.NoUsers = c.noUsers }))
			if err != nil || numbers != c.numbers {
				t.Fatalf("walked %s, %v; want %s", numbers, err, c.numbers)
			}
			for _, step := range steps {
				if step.LeftOut > 0 && step.What != c.why {
					t.Errorf("got  %s\nwant %s", step.What, c.why)
				}
			}
		})
	}
}

func TestAUserWithAWrongPasswordIsNotSignedIn(t *testing.T) {
	cloud := localtest.Start(t, "dev", map[string]string{"clients": patientsApp}, nil)
	content, err := os.ReadFile(cloud.OutputsFile)
	if err != nil {
		t.Fatal(err)
	}
	stack, err := outputs.Parse(content)
	if err != nil {
		t.Fatal(err)
	}
	known, err := local.ReadUsers(cloud.Dir)
	if err != nil {
		t.Fatal(err)
	}
	visits := smokeapp.Visits(stack.Apps(outputs.Public), known)
	a, err := smokeapp.New(stack.Base(), &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: cloud.Roots(), MinVersion: tls.VersionTLS12}}}, time.Minute)
	if err != nil || len(visits) != 1 {
		t.Fatalf("%v, %d visits, want one", err, len(visits))
	}
	defer a.Close()
	answer, err := a.SignIn(t.Context(), stack.AuthorizationEndpoint, stack.TokenEndpoint, visits[0])
	if token, problem := answer.Token(); err != nil || problem != nil || token.Patient != "patient-001" || token.IDToken == "" {
		t.Errorf("with the right one: %v, %v, %+v", err, problem, token)
	}
	visits[0].User.Password = "wrong"
	_, err = a.SignIn(t.Context(), stack.AuthorizationEndpoint, stack.TokenEndpoint, visits[0])
	if want := "user patient was not sent back to client app: the hosted page has status 400: Incorrect username or password."; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	visits[0].Client.Scopes = []string{"patient/*.cruds"}
	_, err = a.SignIn(t.Context(), stack.AuthorizationEndpoint, stack.TokenEndpoint, visits[0])
	if want := "user patient at client app: invalid_scope "; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestAStepThatIsRefusedSaysWhyInWords(t *testing.T) {
	cloud := start(t, "dev", nil)
	if err := cloud.SetFault("clock-skew", true); err != nil {
		t.Fatal(err)
	}
	_, _, err := walked(t, cloud)
	if want := "refused: token_expired: the token has expired. Get a new one."; err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}
