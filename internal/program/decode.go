package program

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/internal/redact"
	"github.com/smartlake/pulumi-smartlake/internal/strictjson"
)

// decoder fills the component's arguments with what a stack's configuration holds, by
// the pulumi tags of the arguments: an argument is a key as soon as it has a tag. It
// collects everything that is wrong.
type decoder struct{ problems []error }

// place is where a value stands.
type place struct {
	path      string // as an error names it: smartlake:clients[2] "portal"
	encrypted bool   // the key holds an encrypted value; the engine does not say which
	secrets   bool   // the key has members that the component declares to be secret
}

// quiet reports whether errors show no value.
func (p place) quiet() bool { return p.encrypted || p.secrets }

// secret reports whether what becomes a Pulumi input becomes a secret one. Members that
// the component declares to be secret are what is encrypted of their key, and the
// component itself keeps them secret.
func (p place) secret() bool { return p.encrypted && !p.secrets }

func (p place) member(name string) place {
	if strings.HasSuffix(p.path, `"`) {
		p.path += ": " + name
	} else {
		p.path += "." + name
	}
	return p
}

// element is a part of a list. An error shows its name where it has one.
func (p place) element(i int, given any) place {
	p.path += fmt.Sprintf("[%d]", i)
	object, _ := given.(map[string]any)
	if name, ok := object["name"].(string); ok && name != "" && !p.quiet() {
		p.path += fmt.Sprintf(" %q", name)
	}
	return p
}

func (d *decoder) refuse(at place, why string) {
	d.problems = append(d.problems, fmt.Errorf("%s: %s", at.path, why))
}

// mistyped refuses a value of the wrong type.
func (d *decoder) mistyped(at place, given any, accepted string) {
	what := ""
	switch given := given.(type) {
	case nil:
		d.refuse(at, "no value; write one, or remove the line")
		return
	case map[string]any:
		accepted += ", not an object"
	case []any:
		accepted += ", not a list"
	case string:
		what = redact.Quote(given) + ": "
	default:
		what = fmt.Sprintf("%v: ", given)
	}
	if at.quiet() {
		what = ""
	}
	d.refuse(at, what+"must be "+accepted)
}

// key fills the argument of a top-level key, whose value the engine hands over as
// text, or as JSON where it is no text. Empty text is a key left out: that is the
// default of a key in Pulumi.yaml.
func (d *decoder) key(at place, into reflect.Value, text string) {
	if text == "" {
		return
	}
	if plain := plainType(into.Type()); plain.Kind() == reflect.String {
		d.value(at, into, text)
		return
	}
	reader := json.NewDecoder(bytes.NewBufferString(text))
	reader.UseNumber()
	var given any
	err := reader.Decode(&given)
	if strict := strictjson.Check([]byte(text)); err != nil && strings.ContainsAny(text[:1], "[{") && strict != nil {
		d.ambiguous(at, strict)
		return
	}
	if _, trailing := reader.Token(); err != nil || !errors.Is(trailing, io.EOF) {
		given = text // which the argument cannot be
	} else if err := strictjson.Check([]byte(text)); err != nil {
		d.ambiguous(at, err)
		return
	}
	d.value(at, into, given)
}

// inputs are the Pulumi inputs that an argument can be, with what a value is read as
// and how it becomes the input.
var inputs = map[reflect.Type]struct {
	plain reflect.Type
	input func(plain any) pulumi.Input
}{
	reflect.TypeFor[pulumi.StringInput](): {reflect.TypeFor[string](), func(plain any) pulumi.Input { return pulumi.String(plain.(string)) }},
	reflect.TypeFor[pulumi.BoolInput]():   {reflect.TypeFor[bool](), func(plain any) pulumi.Input { return pulumi.Bool(plain.(bool)) }},
	reflect.TypeFor[pulumi.IntInput]():    {reflect.TypeFor[int](), func(plain any) pulumi.Input { return pulumi.Int(plain.(int)) }},
	reflect.TypeFor[pulumi.StringArrayInput](): {
		reflect.TypeFor[[]string](), func(plain any) pulumi.Input { return pulumi.ToStringArray(plain.([]string)) },
	},
	reflect.TypeFor[pulumi.StringMapInput](): {
		reflect.TypeFor[map[string]string](), func(plain any) pulumi.Input { return pulumi.ToStringMap(plain.(map[string]string)) },
	},
}

// plainType is what a value of an argument is read as.
func plainType(of reflect.Type) reflect.Type {
	if input, ok := inputs[of]; ok {
		return input.plain
	}
	return of
}

// value fills an argument, or what is in one.
func (d *decoder) value(at place, into reflect.Value, given any) {
	if input, ok := inputs[into.Type()]; ok {
		plain := reflect.New(input.plain).Elem()
		before := len(d.problems)
		d.value(at, plain, given)
		if len(d.problems) > before {
			return
		}
		value := input.input(plain.Interface())
		if at.secret() {
			value = pulumi.ToSecret(value)
		}
		into.Set(reflect.ValueOf(value))
		return
	}
	switch into.Kind() {
	case reflect.Pointer:
		into.Set(reflect.New(into.Type().Elem()))
		d.value(at, into.Elem(), given)
	case reflect.Struct:
		d.object(at, into, given)
	case reflect.Slice:
		d.list(at, into, given)
	case reflect.Map:
		d.names(at, into, given)
	default:
		d.scalar(at, into, given)
	}
}

func (d *decoder) scalar(at place, into reflect.Value, given any) {
	switch into.Kind() {
	case reflect.String:
		if text, ok := given.(string); ok {
			into.SetString(text)
			return
		}
		d.mistyped(at, given, "text, in quotes where it looks like something else")
	case reflect.Bool:
		if flag, ok := given.(bool); ok {
			into.SetBool(flag)
			return
		}
		d.mistyped(at, given, "true or false")
	case reflect.Int:
		number, _ := given.(json.Number)
		if n, err := strconv.Atoi(number.String()); err == nil {
			into.SetInt(int64(n))
			return
		}
		d.mistyped(at, given, "a whole number")
	default:
		d.refuse(at, "cannot be set by configuration: "+into.Type().String())
	}
}

func (d *decoder) list(at place, into reflect.Value, given any) {
	elements, ok := given.([]any)
	if !ok {
		d.mistyped(at, given, "a list")
		return
	}
	into.Set(reflect.MakeSlice(into.Type(), len(elements), len(elements)))
	for i, element := range elements {
		d.value(at.element(i, element), into.Index(i), element)
	}
}

func (d *decoder) names(at place, into reflect.Value, given any) {
	members, ok := given.(map[string]any)
	if !ok {
		d.mistyped(at, given, "an object of names and values")
		return
	}
	into.Set(reflect.MakeMapWithSize(into.Type(), len(members)))
	for _, name := range slices.Sorted(maps.Keys(members)) {
		value := reflect.New(into.Type().Elem()).Elem()
		d.value(at.member(name), value, members[name])
		into.SetMapIndex(reflect.ValueOf(name), value)
	}
}

func (d *decoder) object(at place, into reflect.Value, given any) {
	fields := fieldsOf(into.Type())
	members, ok := given.(map[string]any)
	if !ok {
		d.mistyped(at, given, "an object with members of "+strings.Join(slices.Sorted(maps.Keys(fields)), ", "))
		return
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		field, ok := fields[name]
		if !ok {
			d.unknownMember(at, name, slices.Collect(maps.Keys(fields)))
			continue
		}
		if to := at.member(name); declaredSecret(field) && !at.encrypted {
			d.refuse(to, InPlainText+"; encrypt it with pulumi config set --secret --path \""+
				to.path[strings.Index(to.path, ":")+1:]+"\"")
		} else {
			d.value(to, into.FieldByIndex(field.Index), members[name])
		}
	}
}

// InPlainText is what Arguments says of a secret that is not encrypted, before what to do.
const InPlainText = "must not be in plain text"

func declaredSecret(field reflect.StructField) bool { return field.Tag.Get("provider") == "secret" }

// fieldsOf are the fields of a struct by their pulumi tags.
func fieldsOf(of reflect.Type) map[string]reflect.StructField {
	fields := map[string]reflect.StructField{}
	for _, field := range reflect.VisibleFields(of) {
		if name, _, _ := strings.Cut(field.Tag.Get("pulumi"), ","); name != "" {
			fields[name] = field
		}
	}
	return fields
}

// group is the struct that values of a type are made of, if they are made of one.
func group(of reflect.Type) (reflect.Type, bool) {
	for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
		of = of.Elem()
	}
	return of, of.Kind() == reflect.Struct
}

// holdsSecrets reports whether a type has a member that is declared to be secret.
func holdsSecrets(of reflect.Type) bool {
	of, ok := group(of)
	if !ok {
		return false
	}
	for _, field := range fieldsOf(of) {
		if declaredSecret(field) || holdsSecrets(field.Type) {
			return true
		}
	}
	return false
}
