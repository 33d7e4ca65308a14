package declared

import (
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Resource is one declared resource. Properties holds its inputs and outputs.
type Resource struct {
	Type       string
	Name       string
	URN        string
	Parent     string // URN of the resource that it is below; empty below the stack itself
	ID         string
	Component  bool                 // it exists in Pulumi alone
	Region     string               // of the AWS provider that makes it
	Inputs     resource.PropertyMap // as the program gave them
	Properties resource.PropertyMap // inputs and outputs
	Protected  bool                 // by Pulumi, from deletion

	onRead func(resource Resource, path []string) // see [Stack.OnRead]
}

// Is reports whether both are one resource.
func (r Resource) Is(other Resource) bool { return r.URN == other.URN && r.URN != "" }

// Input returns an input as the program gave it, null where it gave none.
func (r Resource) Input(path ...string) resource.PropertyValue { return within(r.Inputs, path) }

// Text returns a string property, empty where there is none. Secrets are opened:
// the local cloud is the cloud.
func (r Resource) Text(path ...string) string {
	v := r.value(path)
	if v.IsString() {
		return v.StringValue()
	}
	return ""
}

// Number returns a number property, 0 where there is none.
func (r Resource) Number(path ...string) int {
	if v := r.value(path); v.IsNumber() {
		return int(v.NumberValue())
	}
	return 0
}

// Flag returns a boolean property, false where there is none.
func (r Resource) Flag(path ...string) bool {
	v := r.value(path)
	return v.IsBool() && v.BoolValue()
}

// Has reports whether a property has a value.
func (r Resource) Has(path ...string) bool { return !r.value(path).IsNull() }

// Texts returns a list of strings.
func (r Resource) Texts(path ...string) []string {
	v := r.value(path)
	if !v.IsArray() {
		return nil
	}
	var texts []string
	for _, element := range v.ArrayValue() {
		if element = open(element); element.IsString() {
			texts = append(texts, element.StringValue())
		}
	}
	return texts
}

// Map returns a map of strings.
func (r Resource) Map(path ...string) map[string]string { return mapOf(r.value(path)) }

// Maps returns a list of maps of strings.
func (r Resource) Maps(path ...string) []map[string]string {
	v := r.value(path)
	if !v.IsArray() {
		return nil
	}
	var maps []map[string]string
	for _, element := range v.ArrayValue() {
		maps = append(maps, mapOf(open(element)))
	}
	return maps
}

// Elements returns a list of objects, whose properties can be read like a resource's.
func (r Resource) Elements(path ...string) []Resource {
	v := r.value(path)
	if !v.IsArray() {
		return nil
	}
	var elements []Resource
	for _, element := range v.ArrayValue() {
		if element = open(element); element.IsObject() {
			elements = append(elements, Resource{Properties: element.ObjectValue()})
		}
	}
	return elements
}

func mapOf(v resource.PropertyValue) map[string]string {
	if !v.IsObject() {
		return nil
	}
	texts := map[string]string{}
	for key, element := range v.ObjectValue() {
		if element = open(element); element.IsString() {
			texts[string(key)] = element.StringValue()
		}
	}
	return texts
}

// Archive returns the path of a file archive.
func (r Resource) Archive(path ...string) string {
	if v := r.value(path); v.IsArchive() {
		return v.ArchiveValue().Path
	}
	return ""
}

func (r Resource) value(path []string) resource.PropertyValue {
	if r.onRead != nil {
		r.onRead(r, path)
	}
	return within(r.Properties, path)
}

func within(properties resource.PropertyMap, path []string) resource.PropertyValue {
	v := resource.NewObjectProperty(properties)
	for _, key := range path {
		if !v.IsObject() {
			return resource.PropertyValue{}
		}
		v = open(v.ObjectValue()[resource.PropertyKey(key)])
	}
	return v
}

func open(v resource.PropertyValue) resource.PropertyValue {
	if v.IsSecret() {
		return v.SecretValue().Element
	}
	return v
}
