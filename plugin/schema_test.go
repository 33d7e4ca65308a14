package main

import (
	"context"
	"fmt"
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

	"github.com/smartlake/pulumi-smartlake/smart"
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
			described(fmt.Sprintf("%s %v", token, value.Value), value.Description)
		}
	}
}

func TestEveryArgumentAndOutputIsInTheSchema(t *testing.T) {
	spec := packageSchema(t)
	missing := maps.Clone(outputs)
	for token, resource := range spec.Resources {
		name := strings.TrimPrefix(token, typePrefix)
		assertTagged(t, name+" (out)", outputs[tokens.Type(token)], resource.Properties, resource.Required)
		assertTagged(t, name+" (in)", arguments[tokens.Type(token)], resource.InputProperties, resource.RequiredInputs)
		delete(missing, tokens.Type(token))
	}
	if len(missing) > 0 {
		t.Errorf("not in the schema: %v", missing)
	}
	seen := map[string]bool{}
	for _, of := range arguments {
		assertGroups(t, spec, of, seen)
	}
	for token, object := range spec.Types {
		if len(object.Enum) == 0 && !seen[token] && !strings.HasSuffix(token, "Outputs") {
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
		if optional == "" && (strings.HasSuffix(what, "(in)") || !mayLack(name, of.Field(i).Type)) {
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

// TestTheSchemaSaysWhichArgumentsTakeOutputs compares every member's type in Go with
// what the schema says of it, at every depth.
func TestTheSchemaSaysWhichArgumentsTakeOutputs(t *testing.T) {
	spec := packageSchema(t)
	inputs, plain := 0, 0
	var check func(path string, of reflect.Type, properties map[string]schema.PropertySpec)
	var checkType func(path string, of reflect.Type, as schema.TypeSpec)
	checkType = func(path string, of reflect.Type, as schema.TypeSpec) {
		if takes := of.Implements(inputType); as.Plain == takes {
			t.Errorf("%s: takes outputs in Go: %t, plain in the schema: %t", path, takes, as.Plain)
		} else if takes {
			inputs++
			return
		}
		plain++
		for of.Kind() == reflect.Pointer {
			of = of.Elem()
		}
		switch of.Kind() {
		case reflect.Slice:
			checkType(path+"[]", of.Elem(), *as.Items)
		case reflect.Map:
			checkType(path+"{}", of.Elem(), *as.AdditionalProperties)
		case reflect.Struct:
			check(path+".", of, spec.Types[strings.TrimPrefix(as.Ref, "#/types/")].Properties)
		default: // a scalar has no members
		}
	}
	check = func(path string, of reflect.Type, properties map[string]schema.PropertySpec) {
		for name, field := range members(of) {
			checkType(path+name, field, properties[name].TypeSpec)
		}
	}
	for token, of := range arguments {
		check(token.Name().String()+".", of, spec.Resources[string(token)].InputProperties)
	}
	if inputs < 30 || plain < 80 {
		t.Errorf("%d inputs and %d plain members were compared, want all", inputs, plain)
	}
	client := spec.Types[typePrefix+"Client"].Properties
	if client["callbackUrls"].Plain || !client["kind"].Plain || !client["scopes"].Plain || !client["scopes"].Items.Plain {
		t.Errorf("a client's URLs may be outputs, its kind and scopes may not: %+v", client)
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

// The check of the component and the enum that the languages see list the same types.
func TestTheSchemaListsTheTypesOfUserOfPackageSmart(t *testing.T) {
	var values []string
	for _, value := range packageSchema(t).Types[typePrefix+"FHIRUserType"].Enum {
		values = append(values, value.Value.(string))
	}
	slices.Sort(values)
	if !slices.Equal(values, smart.FHIRUserTypes()) {
		t.Errorf("the schema lists %v, package smart %v", values, smart.FHIRUserTypes())
	}
}
