package main

import (
	"reflect"
	"strings"

	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
	"github.com/smartlake/pulumi-smartlake/internal/reference"
)

// outputs of the components, by token.
var outputs = map[tokens.Type]reflect.Type{
	"smartlake:index:SmartDatastore":      reflect.TypeFor[components.SmartDatastore](),
	"smartlake:index:AuthorizationServer": reflect.TypeFor[components.AuthorizationServer](),
	"smartlake:index:TokenValidator":      reflect.TypeFor[components.TokenValidator](),
	"smartlake:index:LaunchContext":       reflect.TypeFor[components.LaunchContext](),
	"smartlake:index:FrontDoor":           reflect.TypeFor[components.FrontDoor](),
	"smartlake:index:BulkDataStore":       reflect.TypeFor[components.BulkDataStore](),
	"smartlake:index:DatastoreGrant":      reflect.TypeFor[components.DatastoreGrant](),
	"smartlake:index:UserPoolPermission":  reflect.TypeFor[components.UserPoolPermission](),
}

// members are the fields of a struct by their names in the schema.
func members(of reflect.Type) map[string]reflect.Type {
	found := map[string]reflect.Type{}
	for _, field := range reflect.VisibleFields(of) {
		if name, _, _ := strings.Cut(field.Tag.Get("pulumi"), ","); name != "" {
			found[name] = field.Type
		}
	}
	return found
}

// markPlain says of every argument, at every depth, whether it takes an output of a
// resource, as its type in Go does: infer says so of scalars at the top alone.
func markPlain(spec *schema.PackageSpec) {
	for token, of := range arguments {
		markMembers(spec, of, spec.Resources[string(token)].InputProperties)
	}
}

func markMembers(spec *schema.PackageSpec, of reflect.Type, properties map[string]schema.PropertySpec) {
	for name, field := range members(of) {
		property := properties[name]
		markType(spec, field, &property.TypeSpec)
		properties[name] = property
	}
}

func markType(spec *schema.PackageSpec, of reflect.Type, as *schema.TypeSpec) {
	as.Plain = !of.Implements(inputType)
	if !as.Plain {
		for _, element := range []*schema.TypeSpec{as.Items, as.AdditionalProperties} {
			if element != nil {
				element.Plain = false // an element of a list of Inputs is an Input too
			}
		}
		return
	}
	for of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	switch of.Kind() {
	case reflect.Slice:
		markType(spec, of.Elem(), as.Items)
	case reflect.Map:
		markType(spec, of.Elem(), as.AdditionalProperties)
	case reflect.Struct:
		markMembers(spec, of, spec.Types[strings.TrimPrefix(as.Ref, "#/types/")].Properties)
	default: // of one piece
	}
}

// mayLack reports whether a stack may lack an output.
func mayLack(name string, of reflect.Type) bool {
	return of == reflect.TypeFor[pulumi.StringPtrOutput]() || name == "launchContext" || name == "frontDoor" || name == "bulkData"
}

// markOptional takes from the required outputs those that a stack may lack.
func markOptional(spec *schema.PackageSpec) {
	for token, of := range outputs {
		resource := spec.Resources[string(token)]
		var required []string
		for _, name := range resource.Required {
			if !mayLack(name, members(of)[name]) {
				required = append(required, name)
			}
		}
		resource.Required = required
		spec.Resources[string(token)] = resource
	}
}

// nestParts gives the outputs that are a part's outputs their members.
func nestParts(spec *schema.PackageSpec) {
	for token := range outputs {
		properties := spec.Resources[string(token)].Properties
		for name, of := range reference.Parts() {
			part := of.Name()
			property, ok := properties[name]
			if !ok {
				continue
			}
			whole := spec.Resources[typePrefix+part]
			spec.Types[typePrefix+part+"Outputs"] = schema.ComplexTypeSpec{ObjectTypeSpec: schema.ObjectTypeSpec{
				Type: "object", Description: "The outputs of a " + part + ".", Properties: whole.Properties, Required: whole.Required,
			}}
			property.TypeSpec = schema.TypeSpec{Ref: "#/types/" + typePrefix + part + "Outputs"}
			properties[name] = property
		}
	}
}
