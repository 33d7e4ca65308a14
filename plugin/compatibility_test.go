package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

// released is the schema of the last release, or before the first one the schema that
// will be promised. A release replaces it; a change that breaks it is a major version.
const releasedSchema = "testdata/released.json"

func TestTheSchemaKeepsWhatTheLastReleasePromised(t *testing.T) {
	text, err := os.ReadFile(releasedSchema)
	if err != nil {
		t.Fatal(err)
	}
	var before schema.PackageSpec
	if err := json.Unmarshal(text, &before); err != nil {
		t.Fatal(err)
	}
	for _, broken := range breaks(before, packageSchema(t)) {
		t.Error(broken)
	}
}

func TestABreakOfTheSchemaIsFound(t *testing.T) {
	of := func(edit func(schema.PackageSpec)) schema.PackageSpec {
		spec := packageSchema(t)
		edit(spec)
		return spec
	}
	const datastore, client = typePrefix + "SmartDatastore", typePrefix + "Client"
	for want, after := range map[string]schema.PackageSpec{
		datastore + ": removed":               of(func(s schema.PackageSpec) { delete(s.Resources, datastore) }),
		client + ": removed":                  of(func(s schema.PackageSpec) { delete(s.Types, client) }),
		datastore + " output issuer: removed": of(func(s schema.PackageSpec) { delete(s.Resources[datastore].Properties, "issuer") }),
		datastore + " output issuer: may be absent now": of(func(s schema.PackageSpec) {
			resource := s.Resources[datastore]
			resource.Required = slices.DeleteFunc(slices.Clone(resource.Required), func(name string) bool { return name == "issuer" })
			s.Resources[datastore] = resource
		}),
		datastore + " input tags: removed": of(func(s schema.PackageSpec) { delete(s.Resources[datastore].InputProperties, "tags") }),
		datastore + " input tags: required now": of(func(s schema.PackageSpec) {
			resource := s.Resources[datastore]
			resource.RequiredInputs = append(slices.Clone(resource.RequiredInputs), "tags")
			s.Resources[datastore] = resource
		}),
		client + " member callbackUrls: takes no outputs any more": of(func(s schema.PackageSpec) {
			property := s.Types[client].Properties["callbackUrls"]
			property.Plain = true
			s.Types[client].Properties["callbackUrls"] = property
		}),
		client + " member name: string became integer": of(func(s schema.PackageSpec) {
			property := s.Types[client].Properties["name"]
			property.Type = "integer"
			s.Types[client].Properties["name"] = property
		}),
		typePrefix + "ClientKind: value public removed": of(func(s schema.PackageSpec) {
			enum := s.Types[typePrefix+"ClientKind"]
			enum.Enum = slices.DeleteFunc(slices.Clone(enum.Enum), func(value schema.EnumValueSpec) bool { return value.Value == "public" })
			s.Types[typePrefix+"ClientKind"] = enum
		}),
	} {
		if found := breaks(packageSchema(t), after); !slices.Contains(found, want) {
			t.Errorf("want %q among %q", want, found)
		}
	}
	if found := breaks(packageSchema(t), packageSchema(t)); len(found) > 0 {
		t.Errorf("a schema breaks itself: %q", found)
	}
}

// breaks are the changes of a schema by which a program of before may fail.
func breaks(before, after schema.PackageSpec) (found []string) {
	for _, token := range slices.Sorted(maps.Keys(before.Resources)) {
		was, is := before.Resources[token], after.Resources[token]
		if _, ok := after.Resources[token]; !ok {
			found = append(found, token+": removed")
			continue
		}
		found = append(found, brokenMembers(token+" output", was.Properties, is.Properties)...)
		found = append(found, brokenMembers(token+" input", was.InputProperties, is.InputProperties)...)
		for _, name := range missingFrom(is.Required, was.Required) {
			found = append(found, fmt.Sprintf("%s output %s: may be absent now", token, name))
		}
		for _, name := range missingFrom(was.RequiredInputs, is.RequiredInputs) {
			found = append(found, fmt.Sprintf("%s input %s: required now", token, name))
		}
	}
	for _, token := range slices.Sorted(maps.Keys(before.Types)) {
		was, is := before.Types[token], after.Types[token]
		if _, ok := after.Types[token]; !ok {
			found = append(found, token+": removed")
			continue
		}
		found = append(found, brokenMembers(token+" member", was.Properties, is.Properties)...)
		if strings.HasSuffix(token, "Outputs") {
			for _, name := range missingFrom(is.Required, was.Required) {
				found = append(found, fmt.Sprintf("%s member %s: may be absent now", token, name))
			}
		} else {
			for _, name := range missingFrom(was.Required, is.Required) {
				found = append(found, fmt.Sprintf("%s member %s: required now", token, name))
			}
		}
		for _, value := range was.Enum {
			if !slices.ContainsFunc(is.Enum, func(one schema.EnumValueSpec) bool { return one.Value == value.Value && one.Name == value.Name }) {
				found = append(found, fmt.Sprintf("%s: value %v removed", token, value.Value))
			}
		}
	}
	return found
}

// missingFrom are the names that a list lacks.
func missingFrom(list, names []string) (missing []string) {
	for _, name := range names {
		if !slices.Contains(list, name) {
			missing = append(missing, name)
		}
	}
	return missing
}

func brokenMembers(of string, before, after map[string]schema.PropertySpec) (found []string) {
	for _, name := range slices.Sorted(maps.Keys(before)) {
		at := of + " " + name
		if is, ok := after[name]; ok {
			found = append(found, brokenType(at, before[name].TypeSpec, is.TypeSpec)...)
		} else {
			found = append(found, at+": removed")
		}
	}
	return found
}

func brokenType(at string, was, is schema.TypeSpec) []string {
	switch {
	case was.Type+was.Ref != is.Type+is.Ref:
		return []string{fmt.Sprintf("%s: %s became %s", at, was.Type+was.Ref, is.Type+is.Ref)}
	case !was.Plain && is.Plain:
		return []string{at + ": takes no outputs any more"}
	case was.Items != nil && is.Items != nil:
		return brokenType(at+"[]", *was.Items, *is.Items)
	case was.AdditionalProperties != nil && is.AdditionalProperties != nil:
		return brokenType(at+"{}", *was.AdditionalProperties, *is.AdditionalProperties)
	default:
		return nil
	}
}
