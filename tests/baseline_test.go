// Package tests_test holds the components and the program against what they promise,
// without AWS and without the engine: every test runs them under the SDK's mocks,
// with the recorder of this package in the place of both.
package tests_test

import (
	"archive/zip"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
)

// Where the components of these tests live, and what they are called.
const (
	project = "smartlake"
	stack   = "test"
	name    = "ehr"
	region  = "us-east-1"
	account = "123456789012"
)

// fixtureArchive and triggerArchive are the paths of prebuilt archives of the
// validator and of the launch context trigger, so that no test needs to build them.
var fixtureArchive, triggerArchive string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "smartlake-tests-")
		if err != nil {
			log.Fatal(err)
		}
		defer func() { _ = os.RemoveAll(dir) }()
		fixtureArchive, triggerArchive = filepath.Join(dir, "validator.zip"), filepath.Join(dir, "launch-context.zip")
		for _, path := range []string{fixtureArchive, triggerArchive} {
			if err := writeArchive(path, "bootstrap", 0o755, []byte("#!/bin/sh\n")); err != nil {
				log.Fatal(err)
			}
		}
		return m.Run()
	}())
}

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
type setting func(*recorder, *pulumi.RunInfo)

// inPreview runs the program as "pulumi preview" does on an empty stack.
func inPreview(r *recorder, info *pulumi.RunInfo) { r.preview, info.DryRun = true, true }

func inRegion(region string) setting {
	return func(r *recorder, _ *pulumi.RunInfo) { r.region = region }
}

func inAccount(account string) setting {
	return func(r *recorder, _ *pulumi.RunInfo) { r.account = account }
}

func inProject(project string) setting {
	return func(r *recorder, info *pulumi.RunInfo) { r.project, info.Project = project, project }
}

func inStack(stack string) setting {
	return func(r *recorder, info *pulumi.RunInfo) { r.stack, info.Stack = stack, stack }
}

// both are the two ways in which a program runs.
var both = map[string][]setting{"update": nil, "preview": {inPreview}}

// run runs a program under mocks and returns what it declared, with its error: the
// program's own where it gave one, otherwise what went wrong on the way.
func run(program pulumi.RunFunc, settings ...setting) (*recorder, error) {
	r := &recorder{region: region, account: account, project: project, stack: stack}
	options := []pulumi.RunOption{pulumi.WithMocks(project, stack, r)}
	for _, set := range settings {
		options = append(options, func(info *pulumi.RunInfo) { set(r, info) })
	}
	var refused error
	err := pulumi.RunErr(func(ctx *pulumi.Context) error {
		ctx.Log = r
		refused = program(ctx)
		return refused
	}, options...)
	if refused != nil {
		return r, refused
	}
	return r, err
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
		CallbackURLs: []string{"https://portal.example.org/callback"},
	}
}

func public() components.ClientArgs {
	return components.ClientArgs{
		Name: "phone", Kind: components.PublicClient,
		Scopes:       []string{"openid", "user/Observation.rs"},
		CallbackURLs: []string{"https://phone.example.org/callback"},
		LogoutURLs:   []string{"https://phone.example.org/bye"},
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
		Roles:         &components.RoleArgs{},
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
		watchAll(ctx, datastore)
		return nil
	}
}

// build runs the edited baseline.
func build(t *testing.T, edit func(*components.SmartDatastoreArgs), settings ...setting) *recorder {
	t.Helper()
	return mustRun(t, declare(edit), settings...)
}

// watchAll keeps what becomes of every output of a component.
func watchAll(ctx *pulumi.Context, component any) {
	fields := reflect.ValueOf(component).Elem()
	for i := range fields.NumField() {
		field := fields.Type().Field(i)
		if !field.IsExported() {
			continue
		}
		if value, ok := fields.Field(i).Interface().(pulumi.Output); ok {
			ctx.Log.(*recorder).watch(field.Tag.Get("pulumi"), value)
		}
	}
}

// fill puts names into a JSON template.
func fill(template string, pairs ...string) string {
	return strings.NewReplacer(pairs...).Replace(template)
}

// assertJSON compares data with JSON text, whole. Members must be the same, their
// order does not matter.
func assertJSON(t *testing.T, what string, got any, want string) {
	t.Helper()
	var wanted any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatalf("%s: the test's own JSON: %v\n%s", what, err, want)
	}
	if !reflect.DeepEqual(normal(t, got), wanted) {
		t.Errorf("%s:\n%s", what, difference(indented(t, got), indented(t, wanted)))
	}
}

// decoded is the data behind a property that is JSON text, such as a policy.
func decoded(t *testing.T, property any) (data any) {
	t.Helper()
	text, _ := property.(string)
	if err := json.Unmarshal([]byte(text), &data); err != nil {
		t.Fatalf("want JSON text, got %v: %v", property, err)
	}
	return data
}

// normal takes data through JSON, so that only its shape is left.
func normal(t *testing.T, data any) (shape any) {
	t.Helper()
	if err := json.Unmarshal([]byte(indented(t, data)), &shape); err != nil {
		t.Fatal(err)
	}
	return shape
}

func indented(t *testing.T, data any) string {
	t.Helper()
	text, err := json.MarshalIndent(data, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// assertLines compares two lists, whole.
func assertLines(t *testing.T, what string, got, want []string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s:\n%s", what, difference(strings.Join(got, "\n"), strings.Join(want, "\n")))
	}
}

// difference marks the lines that only one of two texts has.
func difference(got, want string) string {
	var text strings.Builder
	for _, side := range []struct{ mark, mine, others string }{{"unwanted", got, want}, {"missing ", want, got}} {
		others := map[string]int{}
		for line := range strings.Lines(side.others + "\n") {
			others[strings.TrimRight(line, ",\n")]++
		}
		for line := range strings.Lines(side.mine + "\n") {
			if line = strings.TrimRight(line, ",\n"); others[line] == 0 {
				fmt.Fprintf(&text, "  %s %s\n", side.mark, line)
			} else {
				others[line]--
			}
		}
	}
	if text.Len() == 0 {
		text.WriteString("the order differs; got\n" + got)
	}
	return text.String()
}
