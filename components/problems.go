package components

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	inputs "github.com/pulumi/pulumi/sdk/v3/go/pulumi/errors"

	"github.com/smartlake/pulumi-smartlake/internal/redact"
)

// problems collects everything that is wrong with an argument value, so that its
// author learns all of it at once. A problem never holds a secret, and has three parts:
//
//	<field>: <value>: must be <what is accepted>
//	<field>: <value>: <what is wrong>; <what to do>
//	<field>: missing; <what to set>
//
// Its methods check one value. A group of arguments checks itself, with a method that
// takes the problems and the group's field.
type problems struct{ found []error }

// report adds an error that names its field itself, or concerns none.
func (p *problems) report(err error) { p.found = append(p.found, err) }

// refuse adds a problem of a field, which is the path of an input or says what else is
// wrong, such as the component's name.
func (p *problems) refuse(field, reason string) { p.report(problem{field, reason}) }

func (p *problems) add(field string, value any, why string) {
	p.refuse(field, told(value)+": "+why)
}

// addCount adds a problem with how many things a field has, instead of the value.
func (p *problems) addCount(field string, n int, things, why string) {
	p.refuse(field, fmt.Sprintf("%d %s: %s", n, things, why))
}

func (p *problems) missing(field, accepted string) { p.refuse(field, "missing; "+accepted) }

// problem is what is wrong with one field.
type problem struct{ field, reason string }

func (p problem) Error() string { return p.field + ": " + p.reason }

func (p *problems) oneOf(field, value string, accepted ...string) {
	if !slices.Contains(accepted, value) {
		p.add(field, value, "must be one of "+strings.Join(accepted, ", "))
	}
}

func (p *problems) inRange(field string, value, low, high int, unit string) {
	if value < low || value > high {
		p.add(field, value, fmt.Sprintf("must be %d to %d %s", low, high, unit))
	}
}

func (p *problems) pattern(field, value string, pattern *regexp.Regexp, accepted string) {
	if !pattern.MatchString(value) {
		p.add(field, value, accepted)
	}
}

// patternWhereKnown checks a value that is known already; [matching] checks what
// becomes known later.
func (p *problems) patternWhereKnown(field string, value pulumi.StringInput, pattern *regexp.Regexp, accepted string) {
	if text, ok := value.(pulumi.String); ok {
		p.pattern(field, string(text), pattern, accepted)
	}
}

// err returns the problems as one error, led by the component they concern.
func (p *problems) err(component, name string) error {
	if len(p.found) == 0 {
		return nil
	}
	return &refusal{component: fmt.Sprintf("%s %q", component, name), found: p.found}
}

// refusal is all that is wrong with the arguments of a component. To Pulumi's provider
// protocol it is an [inputs.InputPropertiesError], in which each problem has its field.
type refusal struct {
	component string
	found     []error
}

func (r *refusal) Error() string { return r.component + ": " + errors.Join(r.found...).Error() }

func (r *refusal) Unwrap() []error { return r.found }

// As makes a refusal an InputPropertiesError to [errors.As].
func (r *refusal) As(target any) bool {
	into, ok := target.(**inputs.InputPropertiesError)
	if !ok {
		return false
	}
	*into = inputs.NewInputPropertiesError(r.component + ": arguments are refused")
	for _, err := range r.found {
		var of problem
		if errors.As(err, &of) {
			*into = (*into).WithDetails(inputs.InputPropertyErrorDetails{PropertyPath: of.field, Reason: of.reason})
		} else {
			(*into).Message += "\n" + err.Error()
		}
	}
	return true
}

// matching is a value that stops the run, before it reaches what it is given to,
// where it turns out not to match.
func matching(field string, value pulumi.StringInput, pattern *regexp.Regexp, accepted string) pulumi.StringOutput {
	return valid(field, value, pattern.MatchString, accepted)
}

// valid is [matching] by a function.
func valid(field string, value pulumi.StringInput, accepts func(text string) bool, accepted string) pulumi.StringOutput {
	output := value.ToStringOutput()
	return output.ApplyT(func(text string) (string, error) {
		if !accepts(text) {
			return "", fmt.Errorf("%s: %s: %s", field, quoted(text, output), accepted)
		}
		return text, nil
	}).(pulumi.StringOutput)
}

// orEmpty takes empty text too, which AWS has for no ARN and no name: mocks of a program's
// own tests often leave them empty, and AWS itself refuses the empty one.
func orEmpty(pattern *regexp.Regexp) func(text string) bool {
	return func(text string) bool { return text == "" || pattern.MatchString(text) }
}

// quoted is a value as an error may tell it, which is not at all where the input that
// it came from is a secret. It is for functions that the input is applied to: it waits
// until the input is known.
func quoted(value any, from pulumi.Input) string {
	if output, ok := from.(pulumi.Output); ok && pulumi.IsSecret(output) {
		return "[secret]"
	}
	return told(value)
}

// told is a value as the user writes it in YAML or JSON, without the user and password of a URL.
func told(value any) string {
	switch value := value.(type) {
	case string:
		return redact.Quote(value)
	case []string:
		texts := make([]string, len(value))
		for i, text := range value {
			texts[i] = redact.Quote(text)
		}
		return "[" + strings.Join(texts, ", ") + "]"
	case nil:
		return "null"
	default: // a number, true or false
		return fmt.Sprint(value)
	}
}
