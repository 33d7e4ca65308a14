package deploypolicy

import (
	"fmt"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
)

// The conditions that hold rights to the stack's own resources, where AWS chooses the
// identifiers. Each is nil where the resources have no tags. User pools, keys, APIs
// and datastores support aws:ResourceTag, and their creation aws:RequestTag
// (https://docs.aws.amazon.com/service-authorization/latest/reference/, the pages of
// Amazon Cognito User Pools, AWS Key Management Service, Amazon API Gateway Management V2
// and AWS HealthLake).

// ownTags: the resource carries the tags.
func ownTags(typ string) func(stack, declared.Resource) condition {
	return func(s stack, _ declared.Resource) condition {
		return equalTags("aws:ResourceTag/", s.tags(typ))
	}
}

// madeWithTags: the resource is made with the tags.
func madeWithTags(typ string) func(stack, declared.Resource) condition {
	return func(s stack, _ declared.Resource) condition {
		return equalTags("aws:RequestTag/", s.tags(typ))
	}
}

// firstTags: the tags are put on a resource that has none of them, as is one that is
// being made. KMS wants the right to tag for that, on no key in particular
// (https://docs.aws.amazon.com/kms/latest/developerguide/tag-permissions.html).
func firstTags(typ string) func(stack, declared.Resource) condition {
	return func(s stack, _ declared.Resource) condition {
		given := equalTags("aws:RequestTag/", s.tags(typ))
		for key := range s.tags(typ) {
			if given["Null"] == nil {
				given["Null"] = map[string]string{}
			}
			given["Null"]["aws:ResourceTag/"+key] = "true"
		}
		return given
	}
}

func equalTags(prefix string, tags map[string]string) condition {
	if len(tags) == 0 {
		return nil
	}
	equal := map[string]string{}
	for key, value := range tags {
		equal[prefix+key] = value
	}
	return condition{"StringEquals": equal}
}

// itsName is the name of a DNS record as Route 53 compares it: in lower case, without
// the dot at the end
// (https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/specifying-conditions-route53.html).
func itsName(_ stack, record declared.Resource) condition {
	name := strings.TrimSuffix(strings.ToLower(record.Text("name")), ".")
	return condition{"ForAllValues:StringEquals": {"route53:ChangeResourceRecordSetsNormalizedRecordNames": name}}
}

// itsAPIName is the name of an API that is made, or the pattern of what Pulumi makes of
// its resource's name.
func itsAPIName(s stack, api declared.Resource) condition {
	return condition{"StringLike": {"apigateway:Request/ApiName": s.named(api, "name")}}
}

// itsNamespace is the service whose resources are scaled.
func itsNamespace(_ stack, r declared.Resource) condition {
	return condition{"StringEquals": {"application-autoscaling:service-namespace": r.Text("serviceNamespace")}}
}

// tags are those that all resources of a type share.
func (s stack) tags(typ string) map[string]string {
	var shared map[string]string
	for i, r := range s.All(typ) {
		tags := tagsOf(r)
		if i == 0 {
			shared = tags
		}
		for key, value := range shared {
			if other, there := tags[key]; !there || other != value {
				delete(shared, key)
			}
		}
	}
	return shared
}

// tagsOf reads the tags of the aws provider, a map, and of aws-native, a list.
func tagsOf(r declared.Resource) map[string]string {
	if tags := r.Map("tags"); tags != nil {
		return tags
	}
	tags := map[string]string{}
	for _, tag := range r.Maps("tags") {
		tags[tag["key"]] = tag["value"]
	}
	return tags
}

// taggedKinds are the kinds of resources whose ids AWS chooses, with what a policy that
// is not held to tags lets its holder do to all of them.
var taggedKinds = []struct{ typ, what, actions string }{
	{declared.UserPool, "user pool", "delete and change every user pool of the account and region, and set the passwords and attributes of its users"},
	{declared.Key, "key", "use every key of the account and region, schedule its deletion and change its policy, where the key's policy leaves that to IAM"},
	{declared.API, "HTTP API", "delete and change every HTTP API of the account and region"},
	{declared.Datastore, "datastore", "delete every datastore of the account and region"},
}

// Cautions say what the holder of the policy of [Deploy] could reach beyond the
// stack, and which setting closes that where one does.
func Cautions(g *declared.Graph) []string {
	s := stackOf(g)
	var list, tagged []string
	add := func(format string, values ...any) { list = append(list, fmt.Sprintf(format, values...)) }
	for _, kind := range taggedKinds {
		switch {
		case len(s.All(kind.typ)) == 0:
		case len(s.tags(kind.typ)) == 0:
			add("The %s has no tags: the holder of this policy can %s. Set tags to limit these rights to the stack's own resources.", kind.what, kind.actions)
		default:
			tagged = append(tagged, kind.what)
		}
	}
	if roles := s.UnboundedRoles(); len(roles) > 0 {
		add("No permissions boundary on %s: the holder of this policy can give these roles any right, and use it. Set roles.permissionsBoundary to limit them.",
			strings.Join(roles, ", "))
	}
	if len(tagged) > 0 {
		add("To create a %s with tags, the policy includes the right to tag: its holder can put the stack's tags on every other one of the account and region "+
			"that has none of these tags, and then use it as the stack's own.", strings.Join(tagged, " or "))
	}
	if len(s.All(declared.Key)) > 0 {
		add("KMS may apply the tags of a new key five minutes late, so tags do not limit the rights to create a key: the holder of this policy can read the settings of, " +
			"enable the rotation of, and give an alias of the stack to every key of the account and region.")
	}
	for _, domain := range s.All(declared.UserPoolDomain) {
		if len(distributions(s, domain)) > 0 {
			add("Cognito serves a custom domain through a CloudFront distribution: the holder of this policy can change every distribution of the account.")
		}
	}
	return list
}
