// Package components_test holds the components against what they promise, without AWS and
// without the engine: every test runs them in the cloud of package componentstest.
package components_test

import (
	"archive/zip"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
	"github.com/smartlake/pulumi-smartlake/componentstest"
	"github.com/smartlake/pulumi-smartlake/internal/declared/archivetest"
	"github.com/smartlake/pulumi-smartlake/tests/expect"
)

// Where the components of these tests live, and what they are called.
const (
	project = "smartlake"
	stack   = "test"
	name    = "ehr"
	region  = "us-east-1"
	account = "123456789012"
)

// fixtureArchive, triggerArchive and doorArchive are the paths of prebuilt archives of the
// validator, of the launch context trigger and of the front door, so that no test needs to
// build them.
var fixtureArchive, triggerArchive, doorArchive string

func TestMain(m *testing.M) { archivetest.Main(m, &fixtureArchive, &triggerArchive, &doorArchive) }

// writeArchive writes a zip archive with one entry.
func writeArchive(path, entry string, mode os.FileMode, content []byte) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	writer := zip.NewWriter(file)
	header := &zip.FileHeader{Name: entry}
	header.SetMode(mode)
	into, err := writer.CreateHeader(header)
	if err != nil {
		return errors.Join(err, file.Close())
	}
	_, err = into.Write(content)
	return errors.Join(err, writer.Close(), file.Close())
}

// setting changes under which circumstances a program runs.
type setting func(*recorder)

// inPreview runs the program as "pulumi preview" does on an empty stack.
func inPreview(r *recorder) { r.preview = true }

func inRegion(region string) setting {
	return func(r *recorder) { r.region = region }
}

func inAccount(account string) setting {
	return func(r *recorder) { r.account = account }
}

func inProject(project string) setting {
	return func(r *recorder) { r.project = project }
}

func inStack(stack string) setting {
	return func(r *recorder) { r.stack = stack }
}

// both are the two ways in which a program runs.
var both = map[string][]setting{"update": nil, "preview": {inPreview}}

// run runs a program under mocks and returns what it declared, with its error: the
// program's own where it gave one, otherwise what went wrong on the way.
func run(program pulumi.RunFunc, settings ...setting) (*recorder, error) {
	r := &recorder{region: region, account: account, project: project, stack: stack}
	for _, set := range settings {
		set(r)
	}
	return r, r.run(program)
}

// mustRun is run where nothing may fail.
func mustRun(t *testing.T, program pulumi.RunFunc, settings ...setting) *recorder {
	t.Helper()
	r, err := run(program, settings...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The clients of the baseline, one of each kind.
func service() components.ClientArgs {
	return components.ClientArgs{Name: "etl", Kind: components.ServiceClient, Scopes: []string{"system/*.read"}}
}

func confidential() components.ClientArgs {
	return components.ClientArgs{
		Name: "portal", Kind: components.ConfidentialClient,
		Scopes:       []string{"openid", "launch/patient", "patient/*.rs"},
		CallbackURLs: pulumi.ToStringArray([]string{"https://portal.example.org/callback"}),
	}
}

func public() components.ClientArgs {
	return components.ClientArgs{
		Name: "phone", Kind: components.PublicClient,
		Scopes:       []string{"openid", "user/Observation.rs"},
		CallbackURLs: pulumi.ToStringArray([]string{"https://phone.example.org/callback"}),
		LogoutURLs:   pulumi.ToStringArray([]string{"https://phone.example.org/bye"}),
	}
}

// baseline is valid and says as little as possible: of the groups that tests edit, it
// has empty ones.
func baseline() *components.SmartDatastoreArgs {
	return &components.SmartDatastoreArgs{
		Clients:       []components.ClientArgs{service(), confidential(), public()},
		Function:      &components.FunctionArgs{Archive: fixtureArchive, ProvisionedConcurrency: &components.ProvisionedConcurrencyArgs{}},
		LaunchContext: fromArchive(),
		UserPool:      &components.UserPoolArgs{},
		Roles:         &components.RolesArgs{},
	}
}

// fromArchive leaves all but the archive of the launch context at its default.
func fromArchive() *components.LaunchContextArgs {
	return &components.LaunchContextArgs{Function: &components.FunctionArgs{Archive: triggerArchive}}
}

// declare is a program of one SmartDatastore: the baseline, edited.
func declare(edit func(*components.SmartDatastoreArgs), opts ...pulumi.ResourceOption) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		args := baseline()
		if edit != nil {
			edit(args)
		}
		datastore, err := components.NewSmartDatastore(ctx, name, args, opts...)
		if err != nil {
			return err
		}
		componentstest.Export(ctx, datastore)
		return nil
	}
}

// build runs the edited baseline.
func build(t *testing.T, edit func(*components.SmartDatastoreArgs), settings ...setting) *recorder {
	t.Helper()
	return mustRun(t, declare(edit), settings...)
}

// fill puts names into a JSON template.
func fill(template string, pairs ...string) string {
	return strings.NewReplacer(pairs...).Replace(template)
}

// Comparisons of whole data.
var (
	assertJSON  = expect.JSON
	assertLines = expect.Lines
	difference  = expect.Difference
	indented    = expect.Indented
)

// decoded is the data behind a property that is JSON text, such as a policy.
func decoded(t *testing.T, property any) (data any) {
	t.Helper()
	text, _ := property.(string)
	if err := json.Unmarshal([]byte(text), &data); err != nil {
		t.Fatalf("want JSON text, got %v: %v", property, err)
	}
	return data
}
