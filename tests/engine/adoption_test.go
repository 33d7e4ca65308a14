package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	state "github.com/pulumi/pulumi/pkg/v3/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/program"
)

const adoption = "docs/how-to/runbooks/adopt-a-restored-datastore.md"

// restoredID is the id that HealthLake gives to the datastore that it restores.
const restoredID = "0123456789abcdef0123456789abcdef"

// TestAStackAdoptsARestoredDatastore types the steps of the runbook.
func TestAStackAdoptsARestoredDatastore(t *testing.T) {
	term := newTerminal(t)
	s := term.living("prod")
	former := s.account.idOf("smart-datastore")
	term.commands["aws"] = s.account.healthlake
	base := s.outputs()["fhirBaseUrl"].StringValue()
	formerEndpoint := s.outputs()["datastoreEndpoint"].StringValue()
	s.account.takeLog()

	term.skips = func(heading string) bool { return heading == withoutAState }
	term.reads(adoption, map[string]func(){"The state of the stack is lost": func() { s.state = nil }})

	log := s.account.takeLog()
	slices.Sort(log)
	assertSame(t, "what happened to the account, besides the restored datastore", log, []string{
		"update smart-door-capabilities", "update smart-door-function",
		"update smart-grant-export", "update smart-grant-read", "update smart-grant-write",
	})
	if !s.account.taken(former) {
		t.Error("the former datastore is gone")
	}
	outputs := s.outputs()
	if got := outputs["datastoreId"].StringValue(); got != restoredID {
		t.Errorf("the stack has the datastore %s", got)
	}
	if got := outputs["datastoreEndpoint"].StringValue(); got != strings.ReplaceAll(formerEndpoint, string(former), restoredID) {
		t.Errorf("datastoreEndpoint is %s", got)
	}
	if got := outputs["fhirBaseUrl"].StringValue(); got != base {
		t.Errorf("the front door's address is %s and was %s", got, base)
	}
	for _, holds := range s.account.holds() {
		if strings.Contains(holds, string(former)) {
			t.Errorf("still knows the former datastore: %s", holds)
		}
	}
	for _, name := range []string{"smart-grant-read", "smart-grant-write", "smart-grant-export", "smart-door-capabilities"} {
		if held := fmt.Sprint(s.account.things[s.account.idOf(name)].inputs); !strings.Contains(held, restoredID) {
			t.Errorf("%s does not know the adopted datastore: %s", name, held)
		}
	}
	if !s.protects("smart-datastore") {
		t.Error("the adopted datastore is not protected")
	}
	assertUnchanged(t, "the next preview", s.preview(nil))
	if refused := s.previewDestroy(); refused.err == nil {
		t.Error("want the adopted datastore protected from destruction")
	}

	if err := s.restoreState(filepath.Join(term.folder, "before.json")); err != nil {
		t.Fatal(err)
	}
	if made := s.refreshWithProgram(nil); made.err != nil {
		t.Fatal(made.err, made.messages)
	}
	s.mustUpdate(nil)
	if got := s.outputs()["datastoreId"].StringValue(); got != string(former) || !s.account.taken(restoredID) {
		t.Errorf("back again, the stack has the datastore %s", got)
	}
	assertUnchanged(t, "back again, the next preview", s.preview(nil))
}

// withoutAState is the section of the page for a stack whose state is lost for good.
const withoutAState = "Without an earlier state"

// TestAStackWithoutItsStateAdoptsWhatLives types that section.
func TestAStackWithoutItsStateAdoptsWhatLives(t *testing.T) {
	term := newTerminal(t)
	s := term.living("prod")
	s.account.restored(s.account.things[s.account.idOf("smart-datastore")].inputs)
	s.account.lose("smart-datastore")
	term.commands["aws"] = s.account.healthlake
	kept := map[string]resource.ID{"smart-datastore": restoredID}
	for _, name := range []string{
		"smart-auth-pool", "smart-auth-domain", "smart-auth-server-launch", "smart-auth-server-patient", "smart-auth-server-system",
		"smart-auth-client-portal", "smart-auth-client-reporting", "smart-key",
	} {
		kept[name] = s.id(name)
	}
	secrets := s.outputs()["clientSecrets"]
	s.state = nil
	s.account.takeLog()

	term.skips = func(heading string) bool { return heading != withoutAState }
	term.reads(adoption, nil)

	for name, id := range kept {
		if s.id(name) != id || !s.protects(name) && (id == restoredID || strings.HasSuffix(name, "-pool") || name == "smart-key") {
			t.Errorf("%s is %s in the state, protected: %t; it was %s", name, s.id(name), s.protects(name), id)
		}
	}
	for _, operation := range s.account.takeLog() {
		verb, name, _ := strings.Cut(operation, " ")
		if _, imported := kept[name]; verb == "delete" || verb == "create" && imported || operation == "update smart-datastore" {
			t.Error("want what lives kept: " + operation)
		}
	}
	if got := s.outputs()["clientSecrets"]; !got.DeepEquals(secrets) {
		t.Error("the clients have other secrets")
	}
	if served := s.account.things[restoredID].inputs["identityProviderConfiguration"].ObjectValue()["idpLambdaArn"].StringValue(); served != s.outputs()["validatorFunctionArn"].StringValue() {
		t.Errorf("the datastore calls %s", served)
	}
	again := s.preview(nil)
	assertUnchanged(t, "the next preview", again)
	assertSame(t, "its warnings", again.warnings, nil)
}

// id of a resource in the state.
func (s *stack) id(name string) resource.ID {
	for _, r := range s.state.Resources {
		if r.URN.Name() == name {
			return r.ID
		}
	}
	return ""
}

// protects reports whether a resource is protected in the state.
func (s *stack) protects(name string) bool {
	return slices.ContainsFunc(s.state.Resources, func(r *state.State) bool { return r.URN.Name() == name && r.Protect })
}

// TestADatastoreThatWasRestoredWithOtherSettingsIsRefused: what a restore leaves out has
// HealthLake's defaults, and not the settings of the former datastore.
func TestADatastoreThatWasRestoredWithOtherSettingsIsRefused(t *testing.T) {
	for without, want := range map[string]string{
		"identityProviderConfiguration": `authorizationStrategy: is "AWS_AUTH" and would become "SMART_ON_FHIR"`,
		"sseConfiguration":              `customerManagedKey: is "AWS_OWNED_KMS_KEY" and would become "CUSTOMER_MANAGED_KMS_KEY"`,
	} {
		t.Run(without, func(t *testing.T) {
			s := newStack(t, "prod")
			s.mustUpdate(nil)
			former := s.account.idOf("smart-datastore")
			settings := s.account.things[former].inputs.Copy()
			delete(settings, resource.PropertyKey(without))
			s.account.restored(settings)
			s.point("smart-datastore", restoredID)
			if made := s.refresh(); made.err != nil {
				t.Fatal(made.err, made.messages)
			}
			s.account.takeLog()
			for what, refused := range map[string]result{"preview": s.preview(nil), "update": s.update(nil)} {
				if refused.err == nil || !strings.Contains(refused.messages, want) {
					t.Errorf("%s: want %s, got %v\n%s", what, want, refused.err, refused.messages)
				}
			}
			for _, operation := range s.account.takeLog() {
				if strings.HasSuffix(operation, " smart-datastore") {
					t.Error(operation)
				}
			}
			if !s.account.taken(former) || !s.account.taken(restoredID) {
				t.Error("a datastore is gone")
			}
		})
	}
}

// TestAnImportOverALiveDatastoreDeletesIt is why the runbook changes the state instead of
// importing: Pulumi deletes what it replaces by an import, and asks no protection.
func TestAnImportOverALiveDatastoreDeletesIt(t *testing.T) {
	s := newStack(t, "prod")
	s.mustUpdate(nil)
	former := s.account.idOf("smart-datastore")
	s.account.restored(s.account.things[former].inputs)
	importing := func(_ context.Context, args *pulumi.ResourceTransformArgs) *pulumi.ResourceTransformResult {
		if args.Name != "smart-datastore" {
			return nil
		}
		args.Opts.Import = pulumi.ID(restoredID)
		return &pulumi.ResourceTransformResult{Props: args.Props, Opts: args.Opts}
	}
	s.program = func(ctx *pulumi.Context) error {
		if err := ctx.RegisterResourceTransform(importing); err != nil {
			return err
		}
		return program.With(s.configuration(nil).Config)(ctx)
	}
	s.account.takeLog()
	s.mustUpdate(nil)
	if !slices.Contains(s.account.takeLog(), "delete smart-datastore") || s.account.taken(former) {
		t.Error("Pulumi keeps a protected resource that an import replaces: the runbook " + adoption + " need not warn of it")
	}
}

// point changes the id of a resource in the state, as the runbook does.
func (s *stack) point(name string, id resource.ID) {
	for _, r := range s.state.Resources {
		if r.URN.Name() == name {
			r.ID = id
		}
	}
}

// restored adds a datastore with these settings, as HealthLake makes one out of a backup: it
// has the data of another one, and a new id, ARN and endpoint.
func (a *account) restored(settings resource.PropertyMap) {
	a.mu.Lock()
	defer a.mu.Unlock()
	outputs := settings.Copy()
	for name, value := range map[string]string{
		"datastoreArn":      a.shapes.ARN("healthlake", "datastore/fhir/"+restoredID),
		"datastoreEndpoint": "https://healthlake." + a.shapes.Region + ".amazonaws.com/datastore/" + restoredID + "/r4/",
		"datastoreId":       restoredID,
		"datastoreStatus":   "ACTIVE",
	} {
		outputs[resource.PropertyKey(name)] = resource.NewStringProperty(value)
	}
	a.things[restoredID] = thing{declared.Datastore, "restored", settings.Copy(), outputs}
}

// healthlake is the AWS CLI of an account with a datastore: the calls that a restore takes.
func (a *account) healthlake(command typed) (string, error) {
	flags := map[string]string{}
	for i := 3; i+1 < len(command.Words); i += 2 {
		flags[command.Words[i]] = command.Words[i+1]
	}
	if len(command.Words)%2 == 0 || command.Words[1] != "healthlake" {
		return "", fmt.Errorf("%q: say in this test what it does", command.Words)
	}
	switch command.Words[2] {
	case "update-fhir-datastore":
		if given := flags["--identity-provider-configuration"]; given != "" {
			return "", a.setIdentityProvider(resource.ID(flags["--datastore-id"]), given)
		}
		return "", a.switchBackups(flags)
	case "restore-fhir-datastore":
		return a.restore(filepath.Join(command.Dir, strings.TrimPrefix(flags["--cli-input-json"], "file://")), flags)
	case "describe-fhir-datastore":
		return a.describe(flags)
	}
	return "", fmt.Errorf("%q: say in this test what it does", command.Words)
}

// switchBackups takes a BackupConfiguration.
func (a *account) switchBackups(flags map[string]string) error {
	id := resource.ID(flags["--datastore-id"])
	var configuration struct {
		Status, BackupType    string
		RetentionPeriodInDays int
	}
	if err := json.Unmarshal([]byte(flags["--backup-configuration"]), &configuration); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(flags) != 2 || !a.taken(id) || configuration.Status != "ENABLED" || configuration.BackupType != "CONTINUOUS" ||
		configuration.RetentionPeriodInDays < 1 || configuration.RetentionPeriodInDays > 30 {
		return fmt.Errorf("ValidationException: %v", flags)
	}
	a.things[id].outputs["backedUp"] = resource.NewBoolProperty(true)
	return nil
}

// restore takes the request of RestoreFHIRDatastore.
func (a *account) restore(path string, flags map[string]string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	var request map[string]any
	if err := json.Unmarshal(text, &request); err != nil {
		return "", err
	}
	source := resource.ID(fmt.Sprint(request["SourceDatastoreId"]))
	if !a.taken(source) || !a.things[source].outputs.HasValue("backedUp") || request["RestoreConfiguration"] == nil {
		return "", fmt.Errorf("ValidationException: no backup of %s", source)
	}
	if len(flags) != 3 || flags["--query"] != "DatastoreId" || flags["--output"] != "text" {
		return "", fmt.Errorf("%v: say in this test what it does", flags)
	}
	delete(request, "SourceDatastoreId")
	delete(request, "RestoreConfiguration")
	settings := resource.NewPropertyMapFromMap(lowered(request).(map[string]any))
	settings["datastoreTypeVersion"] = resource.NewStringProperty("R4")
	a.restored(settings)
	return restoredID + "\n", nil
}

// lowered writes the names of AWS's API as CloudFormation's provider does.
func lowered(value any) any {
	switch value := value.(type) {
	case map[string]any:
		all := map[string]any{}
		for name, member := range value {
			all[string(unicode.ToLower(rune(name[0])))+name[1:]] = lowered(member)
		}
		return all
	case []any:
		for i, member := range value {
			value[i] = lowered(member)
		}
	}
	return value
}

func (a *account) describe(flags map[string]string) (string, error) {
	id := resource.ID(flags["--datastore-id"])
	if !a.taken(id) || len(flags) != 3 || flags["--output"] != "text" {
		return "", fmt.Errorf("%v: say in this test what it does", flags)
	}
	switch flags["--query"] {
	case "DatastoreProperties.DatastoreStatus":
		return a.things[id].outputs["datastoreStatus"].StringValue() + "\n", nil
	case "DatastoreProperties.IdentityProviderConfiguration.IdpLambdaArn":
		return a.things[id].inputs["identityProviderConfiguration"].ObjectValue()["idpLambdaArn"].StringValue() + "\n", nil
	}
	return "", fmt.Errorf("%v: say in this test what it does", flags)
}

// documentOf is the discovery document that a datastore serves.
func (a *account) documentOf(id string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	provider := a.things[resource.ID(id)].inputs["identityProviderConfiguration"]
	if !provider.IsObject() {
		return ""
	}
	return provider.ObjectValue()["metadata"].StringValue()
}
