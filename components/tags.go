package components

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	native "github.com/pulumi/pulumi-aws-native/sdk/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// nativeTags turns the tags that the aws provider takes as a map into the list,
// sorted by key, that aws-native takes.
func nativeTags(tags pulumi.StringMapInput) native.TagArrayInput {
	if tags == nil {
		return nil
	}
	return tags.ToStringMapOutput().ApplyT(func(tags map[string]string) []native.Tag {
		list := make([]native.Tag, 0, len(tags))
		for _, key := range slices.Sorted(maps.Keys(tags)) {
			list = append(list, native.Tag{Key: key, Value: tags[key]})
		}
		return list
	}).(native.TagArrayOutput)
}

// What AWS takes as a tag of any service
// (https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html).
const maxTagName, maxTagValue = 128, 256

var tagPattern = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+@-]*$`)

// refusedTag says why AWS would refuse a tag, in the middle of an update; "" if it
// would not.
func refusedTag(name, value string) string {
	switch length := utf8.RuneCountInString(name); {
	case strings.HasPrefix(strings.ToLower(name), "aws:"):
		return "AWS reserves names that begin with aws:; choose another name"
	case length == 0 || length > maxTagName || !tagPattern.MatchString(name):
		return "the name must be 1 to 128 letters, digits, spaces and _.:/=+-@"
	case utf8.RuneCountInString(value) > maxTagValue || !tagPattern.MatchString(value):
		return "the value must be at most 256 letters, digits, spaces and _.:/=+-@"
	default:
		return ""
	}
}

// checkTags checks the tags that are known already. It returns the tags, which are
// checked before they reach a resource where they become known later.
func (p *problems) checkTags(field string, tags pulumi.StringMapInput) pulumi.StringMapInput {
	if tags == nil {
		return nil
	}
	given, known := tags.(pulumi.StringMap)
	for _, name := range slices.Sorted(maps.Keys(given)) {
		value, ok := given[name].(pulumi.String)
		known = known && ok
		if why := refusedTag(name, string(value)); why != "" {
			p.add(field, name, why)
		}
	}
	if known {
		return tags
	}
	return tags.ToStringMapOutput().ApplyT(func(tags map[string]string) (map[string]string, error) {
		var found []error
		for _, name := range slices.Sorted(maps.Keys(tags)) {
			if why := refusedTag(name, tags[name]); why != "" {
				found = append(found, fmt.Errorf("%s: %q: %s", field, name, why))
			}
		}
		return tags, errors.Join(found...)
	}).(pulumi.StringMapOutput)
}
