package main

import (
	"reflect"
	"slices"
	"strings"

	provider "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/errors"

	"github.com/smartlake/pulumi-smartlake/internal/redact"
)

// refused returns an error that tells Pulumi which inputs are refused, as details of the
// provider protocol.
//
// Pulumi shows each input of the details with its value, secret or not. What concerns a
// value that must not be shown, or no input at all, goes into the message.
func refused(arguments reflect.Type, request provider.ConstructRequest, message string, found []errors.InputPropertyErrorDetails) error {
	err := errors.NewInputPropertiesError(message)
	inputs := resource.ToResourcePropertyMap(request.Inputs)
	names := argumentNames(arguments)
	for _, one := range found {
		if showable(one.PropertyPath, inputs, names) {
			err = err.WithDetails(one)
		} else {
			err.Message += "\n" + one.String()
		}
	}
	return rpcerror.WrapDetailedError(err)
}

// refusedByComponent moves what must not be shown out of the details of a component's
// error. An error without details stays as it is.
func refusedByComponent(arguments reflect.Type, request provider.ConstructRequest, err error) error {
	if err == nil {
		return nil
	}
	status, ok := rpcerror.FromError(err)
	if !ok || len(status.InputPropertiesErrors()) == 0 {
		return err
	}
	return refused(arguments, request, status.Message(), status.InputPropertiesErrors())
}

// showable reports whether a path is that of an input whose value, if there is one, may
// be shown.
func showable(path string, inputs resource.PropertyMap, names []string) bool {
	parsed, err := resource.ParsePropertyPath(path)
	if err != nil || len(parsed) == 0 {
		return false
	}
	root, _ := parsed[0].(string)
	if _, given := inputs[resource.PropertyKey(root)]; !given && !slices.Contains(names, root) {
		return false // a component's name, or its provider's region
	}
	value, confidential := resource.NewProperty(inputs), false
	for _, step := range parsed {
		name, _ := step.(string)
		confidential = confidential || secretMembers[name]
		var given bool
		if value, given = (resource.PropertyPath{step}).Get(value); !given {
			return true
		}
		for value.IsOutput() && value.OutputValue().Known && !value.OutputValue().Secret {
			value = value.OutputValue().Element
		}
		if value.ContainsSecrets() && !value.IsArray() && !value.IsObject() {
			return false
		}
	}
	return !confidential && plain(value)
}

// longest is how long a text is at most that is shown whole.
const longest = 256

// plain reports whether a value holds nothing that must not be shown.
func plain(value resource.PropertyValue) bool {
	switch {
	case value.IsNull(), value.IsBool(), value.IsNumber(), value.IsComputed(), value.IsOutput() && !value.OutputValue().Known:
		return true
	case value.IsString():
		text := value.StringValue()
		return len(text) <= longest && redact.UserInfo(text) == text
	case value.IsArray():
		return !slices.ContainsFunc(value.ArrayValue(), func(element resource.PropertyValue) bool { return !plain(element) })
	case value.IsObject():
		for name, member := range value.ObjectValue() {
			if secretMembers[string(name)] || !plain(member) {
				return false
			}
		}
		return true
	default:
		return false
	}
}

// secretMembers are the names of the arguments that are secrets, whether their author
// made them secret or not.
var secretMembers = func() map[string]bool {
	secret := map[string]bool{}
	for _, of := range arguments {
		addSecretMembers(of, secret)
	}
	return secret
}()

func addSecretMembers(of reflect.Type, into map[string]bool) {
	for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice || of.Kind() == reflect.Map {
		of = of.Elem()
	}
	if of.Kind() != reflect.Struct {
		return
	}
	for i := range of.NumField() {
		field := of.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("pulumi"), ",")
		if name == "" {
			continue
		}
		if field.Tag.Get("provider") == "secret" {
			into[name] = true
		}
		addSecretMembers(field.Type, into)
	}
}
