package components

import (
	"reflect"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// recorded turns an arguments struct into the inputs that the engine keeps in
// the component's state: every field with a pulumi tag under its name, nothing
// for a field left at its zero value.
func recorded(args any) pulumi.Map {
	inputs := pulumi.Map{}
	value := reflect.Indirect(reflect.ValueOf(args))
	for i := range value.NumField() {
		name, _, _ := strings.Cut(value.Type().Field(i).Tag.Get("pulumi"), ",")
		if field := value.Field(i); name != "" && !field.IsZero() {
			inputs[name] = recordedValue(field)
		}
	}
	return inputs
}

func recordedValue(value reflect.Value) pulumi.Input {
	if input, ok := value.Interface().(pulumi.Input); ok {
		return input
	}
	switch value.Kind() {
	case reflect.Pointer:
		return recordedValue(value.Elem())
	case reflect.Struct:
		return recorded(value.Interface())
	case reflect.Slice:
		list := make(pulumi.Array, value.Len())
		for i := range list {
			list[i] = recordedValue(value.Index(i))
		}
		return list
	default:
		return pulumi.Any(value.Interface())
	}
}
