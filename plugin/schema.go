package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"

	provider "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

// descriptions.json is made of the doc comments in package components, which are the
// one place where arguments are described: "go test . -update" writes it.
//
//go:embed descriptions.json
var descriptionsJSON []byte

// documentation is what a schema takes from the doc comments.
type documentation struct {
	// Types by their names in Go.
	Types map[string]typeDocumentation `json:"types"`
	// Enums by their names in Go: the constants of a type.
	Enums map[string]enumDocumentation `json:"enums"`
}

type typeDocumentation struct {
	Description string `json:"description"`
	// Properties by their names in the schema.
	Properties map[string]propertyDocumentation `json:"properties"`
}

type propertyDocumentation struct {
	Description string `json:"description"`
	Enum        string `json:"enum,omitempty"` // name of an enum
}

type enumDocumentation struct {
	Description string                 `json:"description"`
	Values      []schema.EnumValueSpec `json:"values"`
}

const typePrefix = packageName + ":index:"

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
		var docs documentation
		if err := json.Unmarshal(descriptionsJSON, &docs); err != nil {
			return provider.GetSchemaResponse{}, fmt.Errorf("descriptions.json: %w", err)
		}
		spec.Version = origin.versionOr(spec.Version)
		docs.describe(&spec)
		renameTypes(&spec)
		text, err := json.Marshal(spec)
		return provider.GetSchemaResponse{Schema: string(text)}, err
	}
}

func (d documentation) describe(spec *schema.PackageSpec) {
	for token, resource := range spec.Resources {
		name := strings.TrimPrefix(token, typePrefix)
		resource.Description = d.Types[name].Description
		d.describeProperties(name, resource.Properties)
		d.describeProperties(name+"Args", resource.InputProperties)
		spec.Resources[token] = resource
	}
	for token, object := range spec.Types {
		name := strings.TrimPrefix(token, typePrefix)
		object.Description = d.Types[name].Description
		d.describeProperties(name, object.Properties)
		spec.Types[token] = object
	}
	for name, enum := range d.Enums {
		spec.Types[typePrefix+name] = schema.ComplexTypeSpec{
			ObjectTypeSpec: schema.ObjectTypeSpec{Type: "string", Description: enum.Description},
			Enum:           enum.Values,
		}
	}
}

func (d documentation) describeProperties(of string, properties map[string]schema.PropertySpec) {
	for name, property := range properties {
		doc := d.Types[of].Properties[name]
		property.Description = doc.Description
		if doc.Enum != "" {
			property.TypeSpec = schema.TypeSpec{Ref: "#/types/" + typePrefix + doc.Enum, Plain: property.Plain}
		}
		for _, element := range []*schema.TypeSpec{property.Items, property.AdditionalProperties} {
			if element != nil {
				element.Plain = false // as the whole: a list or map of outputs is one too
			}
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
