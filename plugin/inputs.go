package main

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/errors"
)

var inputType = reflect.TypeFor[pulumi.Input]()

// checkInputs holds inputs against the arguments that they are for. What is wrong with
// values is for the component to say; here it is names, kinds, and values that are not
// there yet where the component needs them to know what to declare.
func checkInputs(arguments reflect.Type, inputs property.Map) []errors.InputPropertyErrorDetails {
	var found []errors.InputPropertyErrorDetails
	checkMembers("", arguments, inputs, func(field, want string) {
		found = append(found, errors.InputPropertyErrorDetails{PropertyPath: field, Reason: want})
	})
	return found
}

// argumentNames are the names of the members of a group of arguments, sorted.
func argumentNames(of reflect.Type) []string {
	var names []string
	for i := range of.NumField() {
		if name, _, _ := strings.Cut(of.Field(i).Tag.Get("pulumi"), ","); name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func checkMembers(path string, of reflect.Type, members property.Map, refuse func(field, want string)) {
	fields := map[string]reflect.Type{}
	for i := range of.NumField() {
		if name, _, _ := strings.Cut(of.Field(i).Tag.Get("pulumi"), ","); name != "" {
			fields[name] = of.Field(i).Type
		}
	}
	for name, value := range members.AllStable {
		if strings.HasPrefix(name, "__") {
			continue // the SDKs' own
		}
		if field, ok := fields[name]; ok {
			checkValue(path+name, field, value, refuse)
		} else {
			refuse(path+name, "no such argument; use one of "+strings.Join(argumentNames(of), ", "))
		}
	}
}

func checkValue(path string, of reflect.Type, value property.Value, refuse func(field, want string)) {
	if value.IsNull() || of.Implements(inputType) {
		return
	}
	for of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	switch {
	case value.IsComputed() || len(value.Dependencies()) > 0:
		refuse(path, "an output of a resource: must be a plain value, because it decides which resources are declared")
		return
	case value.Secret():
		refuse(path, "a secret: must be plain; make only arguments such as passwords secret")
		return
	}
	fits := map[reflect.Kind]bool{
		reflect.Bool: value.IsBool(), reflect.Int: value.IsNumber(), reflect.String: value.IsString(),
		reflect.Struct: value.IsMap(), reflect.Map: value.IsMap(), reflect.Slice: value.IsArray(),
	}
	if !fits[of.Kind()] {
		refuse(path, "must be "+kinds[of.Kind()])
		return
	}
	switch of.Kind() {
	case reflect.Struct:
		checkMembers(path+".", of, value.AsMap(), refuse)
	case reflect.Map:
		for name, member := range value.AsMap().AllStable {
			checkValue(path+"."+name, of.Elem(), member, refuse)
		}
	case reflect.Slice:
		for i, element := range value.AsArray().All {
			checkValue(fmt.Sprintf("%s[%d]", path, i), of.Elem(), element, refuse)
		}
	default: // of one piece
	}
}

// kinds say what an argument is.
var kinds = map[reflect.Kind]string{
	reflect.Bool: "true or false", reflect.Int: "a whole number", reflect.String: "text",
	reflect.Struct: "a group of arguments", reflect.Map: "names and values", reflect.Slice: "a list",
}
