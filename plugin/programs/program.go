// Package programs writes one Pulumi program, given in YAML, in every language of Pulumi:
// the examples in the schema's descriptions and in the Pulumi Registry's pages. It knows
// what such an example needs: resources of one package, plain values, and outputs of a
// resource as the value of an input.
//
// Names follow the conventions of Pulumi's generators of SDKs. Go programs use package
// components, which needs no SDK.
package programs

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"gopkg.in/yaml.v3"
)

// Package is what the programs use.
type Package struct {
	Spec schema.PackageSpec
	// Arguments and Outputs are the components in Go, by token.
	Arguments, Outputs map[tokens.Type]reflect.Type
}

// program is a bound one: every value has its type in the schema.
type program struct {
	pkg       Package
	text      string // in YAML
	resources []resource
	exports   []export
}

type resource struct {
	name, component string
	token           tokens.Type
	inputs          []field
	used            bool // by another resource or an export
}

type export struct {
	name  string
	value value
}

type field struct {
	name  string
	value value
}

type kind int

const (
	text       kind = iota // a string
	scalar                 // a number, true or false: text is written as it is
	member                 // of an enum: text is its value
	list                   // of items
	object                 // of a type of the schema, with fields
	dictionary             // of fields that the program names
	reference              // to an output of a resource
)

// value of an input, with what the schema says of it.
type value struct {
	kind    kind
	text    string       // of a scalar; of a reference the resource's name
	typ     string       // name of the object's or the enum's type
	output  string       // that a reference names
	outputs reflect.Type // of the resource, in Go
	items   []value
	fields  []field
}

// leaf tells what has no values in it.
func (v value) leaf() bool {
	return v.kind != object && v.kind != dictionary && v.kind != list
}

// parse reads a program in YAML and holds it against the schema.
func parse(source []byte, pkg Package) (program, error) {
	p := program{pkg: pkg, text: string(source)}
	var document yaml.Node
	if err := yaml.Unmarshal(source, &document); err != nil {
		return p, err
	}
	if len(document.Content) != 1 {
		return p, errors.New("must be one document")
	}
	sections := members(document.Content[0])
	for _, one := range members(sections["resources"].node).sorted() {
		if err := p.declare(one.name, one.node); err != nil {
			return p, fmt.Errorf("resources.%s: %w", one.name, err)
		}
	}
	for _, one := range members(sections["outputs"].node).sorted() {
		of, err := p.refer(one.node.Value)
		if err != nil {
			return p, fmt.Errorf("outputs.%s: %w", one.name, err)
		}
		p.exports = append(p.exports, export{one.name, of})
	}
	if len(p.resources) == 0 || len(p.exports) == 0 && len(p.resources[len(p.resources)-1].outputs(pkg)) > 0 {
		return p, errors.New("must have resources, and outputs where they have some")
	}
	return p, nil
}

func (r resource) outputs(pkg Package) map[string]schema.PropertySpec {
	return pkg.Spec.Resources[string(r.token)].Properties
}

// declare adds a resource. Those that it refers to come before it.
func (p *program) declare(name string, node *yaml.Node) error {
	parts := members(node)
	one := resource{name: name}
	of := strings.Split(parts["type"].value(), ":")
	if len(of) != 2 || of[0] != p.pkg.Spec.Name {
		return fmt.Errorf("type: %q: must be %s:<Component>", parts["type"].value(), p.pkg.Spec.Name)
	}
	one.component = of[1]
	one.token = tokens.Type(of[0] + ":index:" + of[1])
	spec, ok := p.pkg.Spec.Resources[string(one.token)]
	if !ok || p.pkg.Arguments[one.token] == nil || p.pkg.Outputs[one.token] == nil {
		return fmt.Errorf("type: there is no component %s", one.component)
	}
	var err error
	if one.inputs, err = p.fields(parts["properties"].node, spec.InputProperties, spec.RequiredInputs); err != nil {
		return err
	}
	p.resources = append(p.resources, one)
	return nil
}

func (p *program) fields(node *yaml.Node, properties map[string]schema.PropertySpec, required []string) ([]field, error) {
	given := members(node)
	for _, name := range required {
		if _, ok := given[name]; !ok {
			return nil, fmt.Errorf("%s: missing", name)
		}
	}
	var fields []field
	for _, one := range given.sorted() {
		property, ok := properties[one.name]
		if !ok {
			return nil, fmt.Errorf("%s: there is no such property", one.name)
		}
		of, err := p.bind(one.node, property.TypeSpec)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", one.name, err)
		}
		fields = append(fields, field{one.name, of})
	}
	return fields, nil
}

// bind gives a value its type.
func (p *program) bind(node *yaml.Node, as schema.TypeSpec) (value, error) {
	if node.Kind == yaml.ScalarNode && strings.HasPrefix(node.Value, "${") {
		if as.Plain {
			return value{}, fmt.Errorf("%s: must be known, and an output is not", node.Value)
		}
		return p.refer(node.Value)
	}
	switch {
	case as.Ref != "":
		name := strings.TrimPrefix(as.Ref, "#/types/")
		return p.bindNamed(node, name, p.pkg.Spec.Types[name])
	case as.Items != nil && node.Kind == yaml.SequenceNode:
		v := value{kind: list}
		for i, item := range node.Content {
			of, err := p.bind(item, *as.Items)
			if err != nil {
				return v, fmt.Errorf("[%d]: %w", i, err)
			}
			v.items = append(v.items, of)
		}
		return v, nil
	case as.AdditionalProperties != nil && node.Kind == yaml.MappingNode:
		v := value{kind: dictionary}
		for _, one := range members(node).sorted() {
			of, err := p.bind(one.node, *as.AdditionalProperties)
			if err != nil {
				return v, fmt.Errorf("%s: %w", one.name, err)
			}
			v.fields = append(v.fields, field{one.name, of})
		}
		return v, nil
	case as.Type == "string" && node.Tag == "!!str":
		return value{kind: text, text: node.Value}, nil
	case as.Type == "boolean" && node.Tag == "!!bool", (as.Type == "integer" || as.Type == "number") && node.Tag == "!!int":
		return value{kind: scalar, text: node.Value}, nil
	default:
		return value{}, fmt.Errorf("%q: must be of type %s", node.Value, as.Type)
	}
}

func (p *program) bindNamed(node *yaml.Node, token string, spec schema.ComplexTypeSpec) (value, error) {
	name := token[strings.LastIndex(token, ":")+1:]
	if len(spec.Enum) == 0 {
		fields, err := p.fields(node, spec.Properties, spec.Required)
		return value{kind: object, typ: name, fields: fields}, err
	}
	for _, one := range spec.Enum {
		if one.Value == node.Value {
			return value{kind: member, typ: name, text: node.Value}, nil
		}
	}
	return value{}, fmt.Errorf("%q: there is no such value of %s", node.Value, name)
}

var outputOf = regexp.MustCompile(`^\$\{(\w+)\.(\w+)\}$`)

// refer finds an output of a resource that is declared already.
func (p *program) refer(to string) (value, error) {
	match := outputOf.FindStringSubmatch(to)
	if match == nil {
		return value{}, fmt.Errorf("%q: must be ${resource.output}", to)
	}
	for i, one := range p.resources {
		if one.name != match[1] {
			continue
		}
		if _, ok := one.outputs(p.pkg)[match[2]]; !ok {
			return value{}, fmt.Errorf("%q: %s has no such output", to, one.component)
		}
		p.resources[i].used = true
		return value{kind: reference, text: one.name, output: match[2], outputs: p.pkg.Outputs[one.token]}, nil
	}
	return value{}, fmt.Errorf("%q: no resource before it has this name", to)
}

// values are those of all inputs, at every depth.
func (p program) values() []value {
	var all []value
	var walk func(v value)
	walk = func(v value) {
		all = append(all, v)
		for _, item := range v.items {
			walk(item)
		}
		for _, one := range v.fields {
			walk(one.value)
		}
	}
	for _, one := range p.resources {
		for _, input := range one.inputs {
			walk(input.value)
		}
	}
	return all
}

// entry of a mapping in YAML; at is its place.
type entry struct {
	name string
	at   int
	node *yaml.Node
}

func (e entry) value() string {
	if e.node == nil {
		return ""
	}
	return e.node.Value
}

type entries map[string]entry

// members of a mapping; of anything else none.
func members(node *yaml.Node) entries {
	found := entries{}
	if node == nil || node.Kind != yaml.MappingNode {
		return found
	}
	for i := 0; i < len(node.Content); i += 2 {
		found[node.Content[i].Value] = entry{node.Content[i].Value, i, node.Content[i+1]}
	}
	return found
}
