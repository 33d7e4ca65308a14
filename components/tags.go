package components

import (
	"maps"
	"slices"

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
