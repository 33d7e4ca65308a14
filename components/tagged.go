package components

import (
	"reflect"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// tagged turns arguments, or a component with its outputs, into what the engine
// keeps in the component's state: every field with a pulumi tag under its name,
// nothing for a field left at its zero value or a group with nothing in it.
func tagged(fields any) pulumi.Map {
	properties := pulumi.Map{}
	value := reflect.Indirect(reflect.ValueOf(fields))
	for i := range value.NumField() {
		name, _, _ := strings.Cut(value.Type().Field(i).Tag.Get("pulumi"), ",")
		if field := value.Field(i); name != "" && !leftOut(field) {
			properties[name] = taggedValue(field)
		}
	}
	return properties
}

func leftOut(field reflect.Value) bool {
	group := field.Kind() == reflect.Pointer && field.Type().Elem().Kind() == reflect.Struct
	return field.IsZero() || group && field.Elem().IsZero()
}

func taggedValue(value reflect.Value) pulumi.Input {
	if input, ok := value.Interface().(pulumi.Input); ok {
		return input
	}
	switch value.Kind() {
	case reflect.Pointer:
		return taggedValue(value.Elem())
	case reflect.Struct:
		return tagged(value.Interface())
	case reflect.Slice:
		list := make(pulumi.Array, value.Len())
		for i := range list {
			list[i] = taggedValue(value.Index(i))
		}
		return list
	default:
		return pulumi.Any(value.Interface())
	}
}
