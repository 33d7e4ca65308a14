package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/blang/semver"
	provider "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/integration"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumierrors "github.com/pulumi/pulumi/sdk/v3/go/pulumi/errors"

	"github.com/smartlake/pulumi-smartlake/components"
	"github.com/smartlake/pulumi-smartlake/internal/declared"
)

// newCloud answers as AWS would, and keeps what is declared.
func newCloud() *declared.Graph {
	return declared.GraphOf(declared.Stack{Project: "project", Name: "stack", Config: map[string]string{"aws:region": "us-east-1"}})
}

// told is an error as Pulumi tells it: with the inputs that it concerns.
type told struct {
	error
	inputs []pulumierrors.InputPropertyErrorDetails
}

func asTold(err error) error {
	if status, ok := rpcerror.FromError(err); ok && err != nil {
		return told{pulumierrors.NewInputPropertiesError(status.Message(), status.InputPropertiesErrors()...), status.InputPropertiesErrors()}
	}
	return err
}

// construct has the plugin construct a component, over the wire as Pulumi would.
func construct(
	t *testing.T, typ string, archives fs.FS, inputs resource.PropertyMap, edit ...func(*provider.ConstructRequest),
) (*declared.Graph, property.Map, error) {
	t.Helper()
	served, err := newProvider(archives)
	if err != nil {
		t.Fatal(err)
	}
	cloud := newCloud()
	server, err := integration.NewServer(t.Context(), packageName, semver.MustParse("0.0.0-dev"),
		integration.WithProvider(served), integration.WithMocks(cloud))
	if err != nil {
		t.Fatal(err)
	}
	request := provider.ConstructRequest{
		Urn:    resource.NewURN("stack", "project", "", tokens.Type(typePrefix+typ), "ehr"),
		Inputs: resource.FromResourcePropertyMap(inputs),
	}
	for _, change := range edit {
		change(&request)
	}
	response, err := server.Construct(request)
	return cloud, response.State, asTold(err)
}

// archive is one that Lambda could run, as far as its form goes.
func archive(t *testing.T, content string) []byte {
	t.Helper()
	var text bytes.Buffer
	writer := zip.NewWriter(&text)
	header := &zip.FileHeader{Name: "bootstrap"}
	header.SetMode(0o755)
	entry, err := writer.CreateHeader(header)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := entry.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return text.Bytes()
}

func archiveFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "function.zip")
	if err := os.WriteFile(path, archive(t, "#!/bin/sh\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// inputs are the arguments of a SmartDatastore as another language would send them.
func inputs(archive string) resource.PropertyMap {
	return resource.NewPropertyMapFromMap(map[string]any{
		"clients": []any{
			map[string]any{"name": "etl", "kind": "service", "scopes": []any{"system/*.read"}},
			map[string]any{
				"name": "portal", "kind": "confidential", "scopes": []any{"openid", "launch/patient", "patient/*.rs"},
				"callbackUrls": []any{"https://portal.example.org/callback"}, "accessTokenMinutes": 15,
			},
		},
		"protect": false,
		"userPool": map[string]any{
			"mfa": "OPTIONAL", "recoveryMechanisms": []any{"admin_only"}, "passwordPolicy": map[string]any{"minimumLength": 14},
		},
		"function":      map[string]any{"archive": archive, "memoryMb": 256},
		"launchContext": map[string]any{"function": map[string]any{"archive": archive}},
		"bulkData":      map[string]any{"exportRetentionDays": 7},
		"alarms":        map[string]any{"emails": []any{"ops@example.org"}},
		"testUsers": []any{map[string]any{
			"username": "ann", "email": "ann@example.org", "password": resource.MakeSecret(resource.NewProperty("Passw0rd!Passw0rd!")), "patient": "p-1",
		}},
		"tags": map[string]any{"team": "records"},
	})
}

// args are the same in Go.
func args(archive string) *components.SmartDatastoreArgs {
	return &components.SmartDatastoreArgs{
		Clients: []components.ClientArgs{
			{Name: "etl", Kind: components.ServiceClient, Scopes: []string{"system/*.read"}},
			{
				Name: "portal", Kind: components.ConfidentialClient, Scopes: []string{"openid", "launch/patient", "patient/*.rs"},
				CallbackURLs: pulumi.ToStringArray([]string{"https://portal.example.org/callback"}), AccessTokenMinutes: 15,
			},
		},
		Protect: pulumi.BoolRef(false),
		UserPool: &components.UserPoolArgs{
			MFA: components.MFAOptional, RecoveryMechanisms: []components.RecoveryMechanism{components.RecoverByAdministrator},
			PasswordPolicy: &components.PasswordPolicyArgs{MinimumLength: 14},
		},
		Function:      &components.FunctionArgs{Archive: archive, MemoryMB: 256},
		LaunchContext: &components.LaunchContextArgs{Function: &components.FunctionArgs{Archive: archive}},
		BulkData:      &components.BulkDataArgs{ExportRetentionDays: 7},
		Alarms:        &components.ValidatorAlarmsArgs{Emails: []pulumi.StringInput{pulumi.String("ops@example.org")}},
		TestUsers: []components.TestUserArgs{{
			Username: "ann", Email: "ann@example.org", Password: pulumi.ToSecret(pulumi.String("Passw0rd!Passw0rd!")).(pulumi.StringOutput), Patient: "p-1",
		}},
		Tags: pulumi.StringMap{"team": pulumi.String("records")},
	}
}

func TestOtherLanguagesDeclareWhatGoDoes(t *testing.T) {
	archive := archiveFile(t)
	want, err := declared.Run(func(ctx *pulumi.Context) error {
		_, err := components.NewSmartDatastore(ctx, "ehr", args(archive))
		return err
	}, declared.Stack{Project: "project", Name: "stack", Config: map[string]string{"aws:region": "us-east-1"}})
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := construct(t, "SmartDatastore", withoutArchives, inputs(archive))
	if err != nil {
		t.Fatal(err)
	}
	built, wanted := got.Resources(), want.Resources()
	if len(built) != len(wanted) || len(wanted) < 40 {
		t.Fatalf("got %d resources, want %d", len(built), len(wanted))
	}
	for i := range wanted {
		for _, one := range []declared.Resource{built[i], wanted[i]} {
			delete(one.Properties, "clientSecret") // made at random, as Cognito does
		}
		if !reflect.DeepEqual(built[i], wanted[i]) {
			t.Errorf("got %+v\nwant %+v", built[i], wanted[i])
		}
	}
}

func TestSecretsStaySecret(t *testing.T) {
	cloud, state, err := construct(t, "SmartDatastore", withoutArchives, inputs(archiveFile(t)))
	if err != nil {
		t.Fatal(err)
	}
	if secrets := state.Get("clientSecrets"); !secrets.Secret() || secrets.AsMap().Len() != 2 {
		t.Errorf("clientSecrets: got %#v, want a secret of two clients", secrets)
	}
	if endpoint := state.Get("datastoreEndpoint"); endpoint.Secret() || !strings.HasPrefix(endpoint.AsString(), "https://healthlake.us-east-1.") {
		t.Errorf("datastoreEndpoint: got %#v, want it plain", endpoint)
	}
	users := cloud.All(declared.User)
	if len(users) != 1 || !users[0].Properties["password"].IsSecret() {
		t.Errorf("the password of a test user is no secret: %v", users)
	}
	text, err := json.Marshal(cloud.All("smartlake:index:SmartDatastore")[0].Properties["testUsers"].ArrayValue()[0].ObjectValue()["username"])
	if err != nil || !strings.Contains(string(text), "ann") {
		t.Errorf("the rest of a test user is kept: got %s, %v", text, err)
	}
	if !cloud.All("smartlake:index:SmartDatastore")[0].Properties["testUsers"].ArrayValue()[0].ObjectValue()["password"].IsSecret() {
		t.Error("the password in the component's own state is no secret")
	}
}

func TestAPreviewKeepsUnknownWhatIsNotThereYet(t *testing.T) {
	given := inputs(archiveFile(t))
	given["kmsKeyArn"] = resource.MakeComputed(resource.NewProperty(""))
	given["function"].ObjectValue()["logKmsKeyArn"] = resource.MakeComputed(resource.NewProperty(""))
	given["tags"].ObjectValue()["owner"] = resource.MakeComputed(resource.NewProperty(""))
	cloud, state, err := construct(t, "SmartDatastore", withoutArchives, given, func(r *provider.ConstructRequest) { r.DryRun = true })
	if err != nil {
		t.Fatal(err)
	}
	if !state.Get("kmsKeyArn").IsComputed() {
		t.Errorf("kmsKeyArn: got %#v, want it unknown", state.Get("kmsKeyArn"))
	}
	encryption := cloud.All(declared.Datastore)[0].Properties["sseConfiguration"]
	if !encryption.ContainsUnknowns() {
		t.Errorf("sseConfiguration: got %v, want an unknown key", encryption)
	}
	for _, logs := range cloud.All(declared.LogGroup) {
		if !logs.Properties["kmsKeyId"].ContainsUnknowns() {
			t.Errorf("%s: got key %v, want it unknown", logs.Name, logs.Properties["kmsKeyId"])
		}
	}
}

// An output of another resource that is not there yet reaches everything that takes one.
func TestURLsNamesAndAddressesMayBeOutputs(t *testing.T) {
	unknown := resource.MakeComputed(resource.NewProperty(""))
	given := inputs(archiveFile(t))
	client := given["clients"].ArrayValue()[1].ObjectValue()
	client["callbackUrls"] = resource.NewProperty([]resource.PropertyValue{unknown})
	client["logoutUrls"] = resource.NewProperty(resource.Output{Dependencies: []resource.URN{"urn:pulumi:stack::project::aws:s3/bucket:Bucket::site"}})
	given["alarms"].ObjectValue()["emails"] = resource.NewProperty([]resource.PropertyValue{unknown})
	given["customDomain"] = resource.NewProperty(resource.PropertyMap{"name": unknown, "certificateArn": unknown, "zoneId": unknown})
	cloud, _, err := construct(t, "SmartDatastore", withoutArchives, given, func(r *provider.ConstructRequest) { r.DryRun = true })
	if err != nil {
		t.Fatal(err)
	}
	for name, properties := range map[string][]resource.PropertyKey{
		"ehr-auth-client-portal":            {"callbackUrls", "logoutUrls"},
		"ehr-validator-alarms-to-address-0": {"endpoint"},
		"ehr-auth-domain":                   {"domain", "certificateArn"},
		"ehr-auth-domain-record":            {"zoneId"},
	} {
		found := false
		for _, one := range cloud.Resources() {
			if found = found || one.Name == name; one.Name != name {
				continue
			}
			for _, property := range properties {
				if !one.Properties[property].ContainsUnknowns() {
					t.Errorf("%s: %s: got %v, want it unknown", name, property, one.Properties[property])
				}
			}
		}
		if !found {
			t.Errorf("%s is not declared", name)
		}
	}
}

func TestAnOutputThatTurnsOutToBeNoURLIsRefusedByItsName(t *testing.T) {
	given := inputs(archiveFile(t))
	given["clients"].ArrayValue()[1].ObjectValue()["callbackUrls"] = resource.NewProperty(resource.Output{
		Element: resource.NewProperty([]resource.PropertyValue{resource.NewProperty("http://portal.example.org")}), Known: true,
		Dependencies: []resource.URN{"urn:pulumi:stack::project::aws:s3/bucket:Bucket::site"},
	})
	_, _, err := construct(t, "SmartDatastore", withoutArchives, given)
	if want := `clients[1].callbackUrls[0]: "http://portal.example.org": must be an absolute https URL`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestABadInputIsRefusedByItsName(t *testing.T) {
	path := archiveFile(t)
	text := resource.NewProperty[string]
	for what, c := range map[string]struct {
		edit func(resource.PropertyMap)
		want string
	}{
		"a value that the component refuses": {func(i resource.PropertyMap) { i["userPool"].ObjectValue()["mfa"] = text("on") },
			`userPool.mfa: "on": must be one of OFF, OPTIONAL, ON`},
		"a typing error": {func(i resource.PropertyMap) { i["userPool"].ObjectValue()["mfaa"] = text("ON") },
			`userPool.mfaa: no such argument; use one of advancedSecurity, `},
		"a typing error on top": {func(i resource.PropertyMap) { i["protected"] = resource.NewProperty(true) },
			`protected: no such argument; use one of alarms, `},
		"text for a number": {func(i resource.PropertyMap) { i["function"].ObjectValue()["memoryMb"] = text("512") },
			`function.memoryMb: must be a whole number`},
		"text for a list": {func(i resource.PropertyMap) {
			i["clients"].ArrayValue()[0].ObjectValue()["scopes"] = text("system/*.read")
		},
			`clients[0].scopes: must be a list`},
		"what is not known yet": {func(i resource.PropertyMap) {
			i["clients"].ArrayValue()[1].ObjectValue()["scopes"] = resource.NewProperty([]resource.PropertyValue{resource.MakeComputed(text(""))})
		}, `clients[1].scopes[0]: an output of a resource: must be a plain value, because it decides which resources are declared`},
		"more secret than can be": {func(i resource.PropertyMap) { i["testUsers"] = resource.MakeSecret(i["testUsers"]) },
			`testUsers: a secret: must be plain; make only arguments such as passwords secret`},
		"no clients": {func(i resource.PropertyMap) { delete(i, "clients") },
			`clients: missing; add at least one client`},
	} {
		given := inputs(path)
		c.edit(given)
		cloud, _, err := construct(t, "SmartDatastore", withoutArchives, given, func(r *provider.ConstructRequest) { r.DryRun = true })
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", what, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "Passw0rd") {
			t.Errorf("%s: the error holds a secret", what)
		}
		if built := cloud.Resources(); len(built) > 0 {
			t.Errorf("%s: %d resources were declared first", what, len(built))
		}
	}
}

// Pulumi shows each input with its error, and with its value.
func TestAllBadInputsAreToldWithTheirFields(t *testing.T) {
	text := resource.NewProperty[string]
	for what, c := range map[string]struct {
		edit    func(resource.PropertyMap)
		inputs  []string
		message string
	}{
		"values that the component refuses": {func(i resource.PropertyMap) {
			i["userPool"].ObjectValue()["mfa"] = text("on")
			i["function"].ObjectValue()["memoryMb"] = resource.NewProperty(1.0)
			i["clients"].ArrayValue()[1].ObjectValue()["kind"] = text("trusted")
		}, []string{"clients[1].kind", "function.memoryMb", "userPool.mfa"}, `SmartDatastore "ehr": arguments are refused`},
		"inputs that no argument takes": {func(i resource.PropertyMap) {
			i["protected"] = resource.NewProperty(true)
			i["clients"].ArrayValue()[0].ObjectValue()["scopes"] = text("system/*.read")
		}, []string{"clients[0].scopes", "protected"}, `SmartDatastore "ehr": arguments are refused`},
		"what is left out": {func(i resource.PropertyMap) {
			delete(i["testUsers"].ArrayValue()[0].ObjectValue(), "password")
			delete(i, "clients")
		}, []string{"clients", "testUsers[0].password"}, `SmartDatastore "ehr": arguments are refused`},
		"a password beside another": {func(i resource.PropertyMap) {
			i["testUsers"].ArrayValue()[0].ObjectValue()["password"] = text("hunter2")
			i["userPool"].ObjectValue()["mfa"] = text("on")
		}, []string{"userPool.mfa"}, "SmartDatastore \"ehr\": arguments are refused\n" +
			"testUsers[0].password: shorter than userPool.passwordPolicy.minimumLength; use at least 14 characters"},
		"a list with passwords": {func(i resource.PropertyMap) {
			i["testUsers"] = resource.MakeSecret(i["testUsers"])
		}, nil, "SmartDatastore \"ehr\": arguments are refused\ntestUsers: a secret: must be plain; make only arguments such as passwords secret"},
		"a URL with a password": {func(i resource.PropertyMap) {
			i["clients"].ArrayValue()[1].ObjectValue()["callbackUrls"] = resource.NewProperty([]resource.PropertyValue{text("http://ann:hunter2@portal.example.org")})
		}, nil, "SmartDatastore \"ehr\": arguments are refused\n" +
			`clients[1].callbackUrls[0]: "http://[left out]@portal.example.org": must be an absolute https URL`},
	} {
		given := inputs(archiveFile(t))
		c.edit(given)
		_, _, err := construct(t, "SmartDatastore", withoutArchives, given)
		refusal, ok := errors.AsType[told](err)
		if !ok {
			t.Errorf("%s: got %v, want it refused", what, err)
			continue
		}
		var fields []string
		for _, one := range refusal.inputs {
			fields = append(fields, one.PropertyPath)
		}
		slices.Sort(fields)
		if message, _, _ := strings.Cut(err.Error(), ": \n "); !slices.Equal(fields, c.inputs) || !strings.HasPrefix(message, c.message) {
			t.Errorf("%s: got inputs %q and %q, want %q and %q", what, fields, message, c.inputs, c.message)
		}
		if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "Passw0rd") {
			t.Errorf("%s: the error holds a secret: %v", what, err)
		}
	}
}

// A component's name is no input, so no input is shown for it.
func TestABadNameIsToldWithoutAnInput(t *testing.T) {
	_, _, err := construct(t, "SmartDatastore", withoutArchives, inputs(archiveFile(t)), func(r *provider.ConstructRequest) {
		r.Urn = resource.NewURN("stack", "project", "", "smartlake:index:SmartDatastore", "1 ehr")
	})
	refusal, ok := errors.AsType[told](err)
	if !ok || len(refusal.inputs) > 0 || !strings.Contains(err.Error(), `name: "1 ehr": must be 1 to`) {
		t.Errorf("got %v", err)
	}
}

func TestEveryPartIsUsableAlone(t *testing.T) {
	path := archiveFile(t)
	function := map[string]any{"archive": path}
	for typ, given := range map[string]map[string]any{
		"AuthorizationServer": {"clients": inputs(path)["clients"], "launchContext": map[string]any{"function": function}},
		"TokenValidator": {
			"issuers": []any{"https://issuer.example.org"}, "jwksUri": "https://issuer.example.org/jwks", "function": function,
			"clients": []any{map[string]any{"id": "app", "groups": []any{"clinicians"}}},
		},
		"LaunchContext": {"function": function},
		"FrontDoor": {
			"datastoreArn":      "arn:aws:healthlake:us-east-1:123456789012:datastore/fhir/0123456789abcdef0123456789abcdef",
			"datastoreEndpoint": "https://healthlake.us-east-1.amazonaws.com/datastore/0123456789abcdef0123456789abcdef/r4/",
			"issuer":            "https://issuer.example.org", "jwksUri": "https://issuer.example.org/jwks",
			"authorizationEndpoint": "https://auth.example.org/authorize", "tokenEndpoint": "https://auth.example.org/token",
			"revocationEndpoint": "https://auth.example.org/revoke",
			"clients":            []any{map[string]any{"id": "etl", "kind": "service", "scopes": []any{"system/*.rs"}}},
			"settings":           map[string]any{"function": function},
		},
		"DatastoreGrant": {
			"datastoreArn": "arn:aws:healthlake:us-east-1:123456789012:datastore/fhir/0123456789abcdef0123456789abcdef",
			"readRoleName": "read", "writeRoleName": "write", "exportRoleName": "export",
		},
		"UserPoolPermission": {
			"functionArn": "arn:aws:lambda:us-east-1:123456789012:function:context:live",
			"userPoolArn": "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_AbCdEfGhI",
		},
		"BulkDataStore": {"datastoreArn": "arn:aws:healthlake:us-east-1:123456789012:datastore/fhir/0123456789abcdef0123456789abcdef"},
	} {
		cloud, state, err := construct(t, typ, withoutArchives, resource.NewPropertyMapFromMap(given))
		if err != nil {
			t.Errorf("%s: %v", typ, err)
			continue
		}
		if got := len(cloud.All(typePrefix + typ)); got != 1 {
			t.Errorf("%s: registered %d times", typ, got)
		}
		for _, name := range packageSchema(t).Resources[typePrefix+typ].Required {
			if _, ok := state.GetOk(name); !ok {
				t.Errorf("%s: no output %s", typ, name)
			}
		}
	}
}

// released is a plugin with archives of its own.
func released(t *testing.T) fs.FS {
	files := fstest.MapFS{}
	for _, name := range []string{"validator-arm64", "validator-x86_64", "launch-context-arm64", "launch-context-x86_64", "front-door-arm64", "front-door-x86_64"} {
		files[name+".zip"] = &fstest.MapFile{Data: archive(t, name)}
	}
	return files
}

// code is the content of the archive that a function runs.
func code(t *testing.T, cloud *declared.Graph, function string) string {
	t.Helper()
	for _, one := range cloud.All(declared.Function) {
		if one.Name != function {
			continue
		}
		reader, err := zip.OpenReader(one.Properties["code"].ArchiveValue().Path)
		if err != nil {
			t.Fatal(err)
		}
		defer reader.Close()
		content, err := fs.ReadFile(reader, "bootstrap")
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	t.Fatalf("no function %s", function)
	return ""
}

func TestAReleasedPluginBringsTheFunctionsAlong(t *testing.T) {
	t.Setenv("PATH", "") // no Go
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	for _, architecture := range []string{"arm64", "x86_64"} {
		given := inputs("")
		given["function"] = resource.NewProperty(resource.PropertyMap{"architecture": resource.NewProperty(architecture)})
		delete(given, "launchContext")
		given["frontDoor"] = resource.NewProperty(resource.PropertyMap{})
		cloud, _, err := construct(t, "SmartDatastore", released(t), given)
		if err != nil {
			t.Fatal(err)
		}
		for function, want := range map[string]string{
			"ehr-validator-function": "validator-" + architecture, "ehr-auth-context-function": "launch-context-" + architecture,
			"ehr-door-function": "front-door-" + architecture,
		} {
			if got := code(t, cloud, function); got != want {
				t.Errorf("%s runs %q, want %q", function, got, want)
			}
		}
	}
}

func TestAnArchiveOfTheCallersComesBeforeThePlugins(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	cloud, _, err := construct(t, "SmartDatastore", released(t), inputs(archiveFile(t)))
	if err != nil {
		t.Fatal(err)
	}
	for _, function := range []string{"ehr-validator-function", "ehr-auth-context-function"} {
		if got := code(t, cloud, function); got != "#!/bin/sh\n" {
			t.Errorf("%s runs %q", function, got)
		}
	}
}

func TestAPluginRunFromSourceBuildsTheFunctions(t *testing.T) {
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir()) // a program in another language has no Go module around it
	served := &functions{archives: withoutArchives, origin: &origin{}}
	args := served.validator(nil)
	platform := components.LambdaPlatform("arm64")
	if _, err := args.Package(context.Background(), platform, nil); err == nil || !strings.Contains(err.Error(), "give the path of a prebuilt archive") {
		t.Errorf("without source: got %v", err)
	}
	if _, err := served.origin.handshake(context.Background(), provider.HandshakeRequest{RootDirectory: &here}); err != nil {
		t.Fatal(err)
	}
	path, err := args.Package(context.Background(), platform, nil)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() < 1<<20 {
		t.Errorf("%s: want an archive of the validator: %v", path, err)
	}
}
