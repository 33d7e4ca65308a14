package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"

	provider "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"

	"github.com/smartlake/pulumi-smartlake/internal/reference"
)

// descriptions.json is made of the doc comments in package components, which are the
// one place where arguments are described; see package reference.
//
//go:embed descriptions.json
var descriptionsJSON []byte

const typePrefix = packageName + ":index:"

// The SDKs are called pulumi_smartlake, Pulumi.Smartlake and com.pulumi.smartlake, as
// Pulumi's conventions have it: the namespace comes before the package's name, and the
// owner of the repository, whom Pulumi takes by default, would repeat that. The scope
// @pulumi of npm belongs to Pulumi, so the package for Node.js is named by itself.
const (
	namespace  = "pulumi"
	npmPackage = "@smartlake/pulumi"
)

// documented adds to a schema what Go's types alone do not say: descriptions, which
// values there are, and the version of a plugin that is run from source.
func documented(
	getSchema func(context.Context, provider.GetSchemaRequest) (provider.GetSchemaResponse, error), origin *origin,
) func(context.Context, provider.GetSchemaRequest) (provider.GetSchemaResponse, error) {
	return func(ctx context.Context, request provider.GetSchemaRequest) (provider.GetSchemaResponse, error) {
		response, err := getSchema(ctx, request)
		if err != nil {
			return provider.GetSchemaResponse{}, err
		}
		var spec schema.PackageSpec
		if err := json.Unmarshal([]byte(response.Schema), &spec); err != nil {
			return provider.GetSchemaResponse{}, err
		}
		var docs reference.Documentation
		if err := json.Unmarshal(descriptionsJSON, &docs); err != nil {
			return provider.GetSchemaResponse{}, fmt.Errorf("descriptions.json: %w", err)
		}
		spec.Version = origin.versionOr(spec.Version)
		describe(docs, &spec)
		markPlain(&spec)
		markOptional(&spec)
		nestParts(&spec)
		renameTypes(&spec)
		if err := addExamples(&spec); err != nil {
			return provider.GetSchemaResponse{}, err
		}
		for _, setting := range []struct {
			language, name string
			value          any
		}{
			{"nodejs", "packageName", npmPackage},
			// Without it, the generator for Go leaves out the type of a plain list's elements
			// where no plain object comes before the list, and its SDK does not compile.
			{"go", "generateExtraInputTypes", true},
		} {
			if err := setForLanguage(&spec, setting.language, setting.name, setting.value); err != nil {
				return provider.GetSchemaResponse{}, err
			}
		}
		text, err := json.Marshal(spec)
		return provider.GetSchemaResponse{Schema: string(text)}, err
	}
}

func describe(d reference.Documentation, spec *schema.PackageSpec) {
	for token, resource := range spec.Resources {
		name := strings.TrimPrefix(token, typePrefix)
		resource.Description = d.Types[name].Description
		describeProperties(d, name, resource.Properties)
		describeProperties(d, name+"Args", resource.InputProperties)
		spec.Resources[token] = resource
	}
	for token, object := range spec.Types {
		name := strings.TrimPrefix(token, typePrefix)
		object.Description = d.Types[name].Description
		describeProperties(d, name, object.Properties)
		spec.Types[token] = object
	}
	for name, enum := range d.Enums { // whose members each language names after their values
		var values []schema.EnumValueSpec
		for _, value := range enum.Values {
			values = append(values, schema.EnumValueSpec{Description: value.Description, Value: value.Value})
		}
		spec.Types[typePrefix+name] = schema.ComplexTypeSpec{
			ObjectTypeSpec: schema.ObjectTypeSpec{Type: "string", Description: enum.Description},
			Enum:           values,
		}
	}
}

func describeProperties(d reference.Documentation, of string, properties map[string]schema.PropertySpec) {
	for name, property := range properties {
		doc := d.Types[of].Properties[name]
		property.Description = doc.Description
		if enum := (schema.TypeSpec{Ref: "#/types/" + typePrefix + doc.Enum}); doc.Enum != "" && property.Items != nil {
			property.Items = &enum
		} else if doc.Enum != "" {
			property.TypeSpec = enum
		}
		properties[name] = property
	}
}

// renameTypes drops the ending "Args" of Go's names, which the languages add
// themselves; what would then be called like a component is "<name>Settings".
func renameTypes(spec *schema.PackageSpec) {
	names := map[string]string{}
	for token := range spec.Types {
		name, grouped := strings.CutSuffix(token, "Args")
		if _, component := spec.Resources[name]; component {
			name += "Settings"
		}
		if grouped {
			names["#/types/"+token] = "#/types/" + name
		}
	}
	for from, to := range names {
		from, to = strings.TrimPrefix(from, "#/types/"), strings.TrimPrefix(to, "#/types/")
		spec.Types[to] = spec.Types[from]
		delete(spec.Types, from)
	}
	for _, resource := range spec.Resources {
		renameRefs(resource.InputProperties, names)
		renameRefs(resource.Properties, names)
	}
	for _, object := range spec.Types {
		renameRefs(object.Properties, names)
	}
}

func renameRefs(properties map[string]schema.PropertySpec, names map[string]string) {
	for key, property := range properties {
		for of := &property.TypeSpec; of != nil; of = of.Items {
			if name, ok := names[of.Ref]; ok {
				of.Ref = name
			}
		}
		properties[key] = property
	}
}

// setForLanguage tells the generator of a language's SDK something.
func setForLanguage(spec *schema.PackageSpec, language, name string, value any) error {
	settings := map[string]any{}
	if err := json.Unmarshal(spec.Language[language], &settings); err != nil {
		return fmt.Errorf("schema for %s: %w", language, err)
	}
	settings[name] = value
	text, err := json.Marshal(settings)
	spec.Language[language] = text
	return err
}
