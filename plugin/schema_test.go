package main

import (
	"context"
	"io/fs"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	provider "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"

	"github.com/smartlake/pulumi-smartlake/components"
)

// withoutArchives is a plugin that is not a released one.
var withoutArchives fs.FS = fstest.MapFS{}

// packageSchema is the schema that the plugin serves.
func packageSchema(t *testing.T) schema.PackageSpec {
	t.Helper()
	served, err := newProvider(withoutArchives)
	if err != nil {
		t.Fatal(err)
	}
	spec, err := provider.GetSchema(context.Background(), packageName, "0.0.0-dev", served)
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

func TestTheSchemaIsTheOneOfTheContract(t *testing.T) {
	golden(t, "schema.json", indented(t, packageSchema(t)))
}

func TestTheSchemaIsValid(t *testing.T) {
	_, diagnostics, err := schema.BindSpec(packageSchema(t), schema.NewPluginLoader(nil), schema.ValidationOptions{})
	if err != nil || diagnostics.HasErrors() {
		t.Fatal(err, diagnostics)
	}
}

func TestEverythingInTheSchemaIsDescribed(t *testing.T) {
	described := func(what, description string) {
		if strings.TrimSpace(description) == "" {
			t.Errorf("%s: no description: want a doc comment in package components", what)
		}
	}
	properties := func(of string, properties map[string]schema.PropertySpec) {
		for name, property := range properties {
			described(of+"."+name, property.Description)
		}
	}
	spec := packageSchema(t)
	for token, resource := range spec.Resources {
		described(token, resource.Description)
		properties(token+" (out)", resource.Properties)
		properties(token+" (in)", resource.InputProperties)
	}
	for token, object := range spec.Types {
		described(token, object.Description)
		properties(token, object.Properties)
		for _, value := range object.Enum {
			described(token+" "+value.Name, value.Description)
		}
	}
}

func TestEveryArgumentAndOutputIsInTheSchema(t *testing.T) {
	spec := packageSchema(t)
	outputs := map[string]reflect.Type{
		"SmartDatastore":      reflect.TypeFor[components.SmartDatastore](),
		"AuthorizationServer": reflect.TypeFor[components.AuthorizationServer](),
		"TokenValidator":      reflect.TypeFor[components.TokenValidator](),
		"LaunchContext":       reflect.TypeFor[components.LaunchContext](),
		"BulkDataStore":       reflect.TypeFor[components.BulkDataStore](),
	}
	for token, resource := range spec.Resources {
		name := strings.TrimPrefix(token, typePrefix)
		assertTagged(t, name+" (out)", outputs[name], resource.Properties, resource.Required)
		assertTagged(t, name+" (in)", arguments[tokens.Type(token)], resource.InputProperties, resource.RequiredInputs)
		delete(outputs, name)
	}
	if len(outputs) > 0 {
		t.Errorf("not in the schema: %v", outputs)
	}
	seen := map[string]bool{}
	for _, of := range arguments {
		assertGroups(t, spec, of, seen)
	}
	for token, object := range spec.Types {
		if len(object.Enum) == 0 && !seen[token] {
			t.Errorf("%s: a type that no argument has", token)
		}
	}
}

// assertGroups holds the types of nested arguments against the schema's.
func assertGroups(t *testing.T, spec schema.PackageSpec, of reflect.Type, seen map[string]bool) {
	for i := range of.NumField() {
		field := of.Field(i).Type
		for field.Kind() == reflect.Pointer || field.Kind() == reflect.Slice {
			field = field.Elem()
		}
		if field.Kind() != reflect.Struct {
			continue
		}
		token := typePrefix + strings.TrimSuffix(field.Name(), "Args")
		if _, component := spec.Resources[token]; component {
			token += "Settings"
		}
		if seen[token] {
			continue
		}
		seen[token] = true
		assertTagged(t, token, field, spec.Types[token].Properties, spec.Types[token].Required)
		assertGroups(t, spec, field, seen)
	}
}

// assertTagged holds a struct's tags against the properties of the schema.
func assertTagged(t *testing.T, what string, of reflect.Type, properties map[string]schema.PropertySpec, required []string) {
	t.Helper()
	var names, needed []string
	for i := range of.NumField() {
		name, optional, _ := strings.Cut(of.Field(i).Tag.Get("pulumi"), ",")
		if name == "" {
			continue
		}
		names = append(names, name)
		if optional == "" {
			needed = append(needed, name)
		}
	}
	slices.Sort(names)
	slices.Sort(needed)
	if got := slices.Sorted(maps.Keys(properties)); !slices.Equal(got, names) {
		t.Errorf("%s: properties are %v, want %v", what, got, names)
	}
	if got := slices.Sorted(slices.Values(required)); !slices.Equal(got, needed) {
		t.Errorf("%s: required are %v, want %v", what, got, needed)
	}
}

func TestSecretsAreSecretInTheSchema(t *testing.T) {
	var secret []string
	spec := packageSchema(t)
	collect := func(of string, properties map[string]schema.PropertySpec) {
		for name, property := range properties {
			if property.Secret {
				secret = append(secret, strings.TrimPrefix(of, typePrefix)+"."+name)
			}
		}
	}
	for token, resource := range spec.Resources {
		collect(token, resource.Properties)
		collect(token+"Args", resource.InputProperties)
	}
	for token, object := range spec.Types {
		collect(token, object.Properties)
	}
	slices.Sort(secret)
	want := []string{
		"AuthorizationServer.clientSecrets", "IdentityProvider.clientSecret", "SmartDatastore.clientSecrets", "TestUser.password",
	}
	if !slices.Equal(secret, want) {
		t.Errorf("secret are %v, want %v", secret, want)
	}
}
