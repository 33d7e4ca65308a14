package components

import (
	"fmt"
	"regexp"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// inputPattern refuses an input at once where it is known. Where it is not, the use
// of [matching] refuses it as soon as it is. No input at all is nothing to refuse.
func (p *problems) inputPattern(field string, value pulumi.StringInput, pattern *regexp.Regexp, want string) {
	if text, ok := value.(pulumi.String); ok {
		p.pattern(field, string(text), pattern, want)
	}
}

// matching is the input, or an error where it does not match. It must flow into the
// property that it guards: an error that nobody consumes is lost.
func matching(field string, value pulumi.StringInput, pattern *regexp.Regexp, want string) pulumi.StringOutput {
	return value.ToStringOutput().ApplyT(func(text string) (string, error) {
		if !pattern.MatchString(text) {
			return "", fmt.Errorf("%s: %q: %s", field, text, want)
		}
		return text, nil
	}).(pulumi.StringOutput)
}
