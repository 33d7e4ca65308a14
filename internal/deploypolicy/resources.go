package deploypolicy

import (
	"cmp"
	"slices"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
)

// stack is what the policy is for, as a provider reaches AWS.
type stack struct {
	*declared.Graph
	declared.AWS
}

func stackOf(g *declared.Graph) stack { return stack{g, g.AWS} }

// at is the stack in the region of a resource.
func (s stack) at(r declared.Resource) stack {
	s.Region = cmp.Or(r.Region, s.Region)
	return s
}

// named is a physical name: exactly the one that the program gives, or the pattern of
// what Pulumi makes of a resource's name, which ends in seven random digits. The
// resource may be another one, after which this one is named.
func (s stack) named(r declared.Resource, property string) string {
	if name := r.Text(property); name != "" {
		return s.Pattern(name)
	}
	return r.Name + "-*"
}

// The ARNs of what a right is about.

func everything(stack, declared.Resource) []string { return []string{"*"} }

// those names every resource of some types by a pattern of its ARN.
func those(pattern func(stack, declared.Resource) string, types ...string) func(stack, declared.Resource) []string {
	return func(s stack, _ declared.Resource) []string {
		var arns []string
		for _, r := range s.All(types...) {
			arns = append(arns, pattern(s.at(r), r))
		}
		if len(arns) == 0 { // made outside the stack: any of that kind
			arns = []string{strings.Replace(pattern(s, declared.Resource{}), "-*", "*", 1)}
		}
		return arns
	}
}

// itself names one resource.
func itself(pattern func(stack, declared.Resource) string) func(stack, declared.Resource) []string {
	return func(s stack, r declared.Resource) []string { return []string{pattern(s, r)} }
}

// anyOf names a kind of resource whose identifiers AWS chooses.
func anyOf(service string, kinds ...string) func(stack, declared.Resource) []string {
	return func(s stack, _ declared.Resource) []string {
		var arns []string
		for _, kind := range kinds {
			arns = append(arns, s.ARN(service, kind))
		}
		return arns
	}
}

// roleARN has the role's path in it, which ends with a slash.
func roleARN(s stack, r declared.Resource) string {
	return s.GlobalARN("iam", "role/"+strings.TrimPrefix(r.Text("path"), "/")+s.named(r, "name"))
}

// roleOf is the role that a policy is part of.
func (s stack) roleOf(policy declared.Resource) (declared.Resource, bool) {
	for _, role := range s.All(declared.Role) {
		if role.Text("name") == policy.Text("role") {
			return role, true
		}
	}
	return declared.Resource{}, false
}

// itsRole names the role of a policy, or every declared one where it is of none.
func itsRole(s stack, policy declared.Resource) []string {
	if role, ok := s.roleOf(policy); ok {
		return []string{roleARN(s, role)}
	}
	return those(roleARN, declared.Role)(s, policy)
}

// boundary is the permissions boundary of a role, or of a policy's role.
func (s stack) boundary(r declared.Resource) string {
	if r.Type == declared.RolePolicy {
		r, _ = s.roleOf(r)
	}
	return r.Text("permissionsBoundary")
}

func functionARN(s stack, r declared.Resource) string {
	return s.ARN("lambda", "function:"+s.named(r, "name"))
}

func logGroupARN(s stack, r declared.Resource) string {
	return s.ARN("logs", "log-group:"+s.named(r, "name"))
}

func keyAliasARN(s stack, r declared.Resource) string { return s.ARN("kms", "alias/"+r.Name+"-*") }

// trackingAlarmARN names the alarms that Application Auto Scaling makes for a policy
// that follows the load: TargetTracking-<resource id>-AlarmHigh-<id>, and AlarmLow.
func trackingAlarmARN(s stack, r declared.Resource) string {
	return s.ARN("cloudwatch", "alarm:TargetTracking-"+s.named(r, "resourceId")+"-*")
}

func alarmARN(s stack, r declared.Resource) string {
	return s.ARN("cloudwatch", "alarm:"+s.named(r, "name"))
}

func dashboardARN(s stack, r declared.Resource) string {
	return s.GlobalARN("cloudwatch", "dashboard/"+s.named(r, "dashboardName"))
}

func topicARN(s stack, r declared.Resource) string { return s.ARN("sns", s.named(r, "name")) }

// bucketARN: Pulumi names buckets in lower case, and their ARNs have no account. S3's
// provider makes the rest of a name that is given by its beginning.
func bucketARN(s stack, r declared.Resource) string {
	name := s.named(r, "bucket")
	if prefix := r.Text("bucketPrefix"); prefix != "" {
		name = prefix + "*"
	}
	return "arn:" + s.Partition() + ":s3:::" + strings.ToLower(name)
}

func objectsARN(s stack, r declared.Resource) string { return bucketARN(s, r) + "/*" }

// whereEmptied names a bucket that is deleted with what is in it, and no other.
func whereEmptied(pattern func(stack, declared.Resource) string) func(stack, declared.Resource) []string {
	return func(s stack, r declared.Resource) []string {
		if !r.Flag("forceDestroy") {
			return nil
		}
		return []string{pattern(s, r)}
	}
}

// gatewayARN is the ARN of a path of API Gateway's own API, which names no account.
func (s stack) gatewayARN(path string) string {
	return "arn:" + s.Partition() + ":apigateway:" + s.Region + "::" + path
}

func gatewayPaths(path string) func(stack, declared.Resource) []string {
	return func(s stack, _ declared.Resource) []string { return []string{s.gatewayARN(path)} }
}

func domainNameARN(s stack, r declared.Resource) string {
	return s.gatewayARN("/domainnames/" + r.Text("domainName"))
}

func mappingsARN(s stack, r declared.Resource) string { return domainNameARN(s, r) + "/apimappings" }

func mappingARN(s stack, r declared.Resource) string { return mappingsARN(s, r) + "/*" }

func zoneARN(s stack, r declared.Resource) string {
	return "arn:" + s.Partition() + ":route53:::hostedzone/" + r.Text("zoneId")
}

func anyChange(s stack, _ declared.Resource) []string {
	return []string{"arn:" + s.Partition() + ":route53:::change/*"}
}

// serviceLinkedRole is the role that a service makes for itself.
func serviceLinkedRole(service string) func(stack, declared.Resource) []string {
	return func(s stack, _ declared.Resource) []string {
		return []string{s.GlobalARN("iam", "role/aws-service-role/"+service+"/*")}
	}
}

// distributions are those of CloudFront. The one that serves a user pool's custom
// domain belongs to Cognito, in an account that nobody names.
func distributions(s stack, domain declared.Resource) []string {
	if domain.Text("certificateArn") == "" {
		return nil
	}
	return []string{"arn:" + s.Partition() + ":cloudfront::*:distribution/*"}
}

// itsPool names the user pool that something is in: exactly where it exists already,
// any of the account where the stack makes it, since Cognito chooses its id.
func itsPool(s stack, r declared.Resource) []string {
	id := r.Text("userPoolId")
	for _, pool := range s.Lookups() {
		if pool.Type == declared.ExistingUserPool && pool.ID == id {
			return []string{s.ARN("cognito-idp", "userpool/"+id)}
		}
	}
	return pools(s, r)
}

// datastoreKeys are the keys that datastores are encrypted with: none where AWS owns
// them, the given one, or where the stack makes it those with its tags ([heldToOwnKey]),
// since KMS chooses its id.
func datastoreKeys(s stack, r declared.Resource) []string {
	switch id := s.keyID(r); {
	case id == "":
		return nil
	case s.makesKey(id):
		return keys(s, r)
	default:
		return []string{id}
	}
}

// heldToOwnKey is the condition of the rights on [datastoreKeys].
func heldToOwnKey(s stack, r declared.Resource) condition {
	if !s.makesKey(s.keyID(r)) {
		return nil
	}
	return ownTags(declared.Key)(s, r)
}

func (s stack) keyID(datastore declared.Resource) string {
	return datastore.Text("sseConfiguration", "kmsEncryptionConfig", "kmsKeyId")
}

// makesKey reports whether the stack makes the key of an ARN.
func (s stack) makesKey(arn string) bool {
	return slices.ContainsFunc(s.All(declared.Key), func(key declared.Resource) bool { return key.Text("arn") == arn })
}
