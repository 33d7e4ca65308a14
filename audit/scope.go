package audit

import (
	"strings"

	"github.com/smartlake/pulumi-smartlake/local/graph"
)

// scope is where a stack lives, and what else is in it.
type scope struct {
	graph     *graph.Graph
	resources []graph.Resource
}

// all returns the resources of some types.
func (s scope) all(types ...string) []graph.Resource {
	var found []graph.Resource
	for _, r := range s.resources {
		for _, typ := range types {
			if r.Type == typ {
				found = append(found, r)
			}
		}
	}
	return found
}

func (s scope) arn(service, rest string) string {
	return strings.Join([]string{"arn", s.graph.Partition, service, s.graph.Region, s.graph.Account, rest}, ":")
}

func (s scope) global(service, rest string) string {
	return strings.Join([]string{"arn", s.graph.Partition, service, "", s.graph.Account, rest}, ":")
}

// autoNamed is the pattern of a physical name: what Pulumi makes of the resource's
// name, which ends in seven random digits, or exactly the name that the program gives.
func autoNamed(r graph.Resource, property string) string {
	if given := r.Text(property); given != "" && !strings.HasPrefix(given, r.Name+"-") {
		return given
	}
	return r.Name + "-*"
}

// The ARNs of what a right is about.

func everything(scope, graph.Resource) []string { return []string{"*"} }

// those names every resource of some types by a pattern of its ARN.
func those(pattern func(scope, graph.Resource) string, types ...string) func(scope, graph.Resource) []string {
	return func(s scope, _ graph.Resource) []string {
		var arns []string
		for _, r := range s.all(types...) {
			arns = append(arns, pattern(s, r))
		}
		if len(arns) == 0 { // made outside the stack: any of that kind
			arns = []string{strings.Replace(pattern(s, graph.Resource{}), "-*", "*", 1)}
		}
		return arns
	}
}

// itself names one resource.
func itself(pattern func(scope, graph.Resource) string) func(scope, graph.Resource) []string {
	return func(s scope, r graph.Resource) []string { return []string{pattern(s, r)} }
}

// anyOf names a kind of resource whose identifiers AWS chooses.
func anyOf(service string, kinds ...string) func(scope, graph.Resource) []string {
	return func(s scope, _ graph.Resource) []string {
		var arns []string
		for _, kind := range kinds {
			arns = append(arns, s.arn(service, kind))
		}
		return arns
	}
}

// roleARN has the role's path in it, which ends with a slash.
func roleARN(s scope, r graph.Resource) string {
	return s.global("iam", "role/"+strings.TrimPrefix(r.Text("path"), "/")+autoNamed(r, "name"))
}

// roleOf is the role that a policy is part of.
func (s scope) roleOf(policy graph.Resource) (graph.Resource, bool) {
	for _, role := range s.all(graph.Role) {
		if role.Text("name") == policy.Text("role") {
			return role, true
		}
	}
	return graph.Resource{}, false
}

// itsRole names the role of a policy, or every declared one where it is of none.
func itsRole(s scope, policy graph.Resource) []string {
	if role, ok := s.roleOf(policy); ok {
		return []string{roleARN(s, role)}
	}
	return those(roleARN, graph.Role)(s, policy)
}

// boundary is the permissions boundary of a role, or of a policy's role.
func (s scope) boundary(r graph.Resource) string {
	if r.Type == graph.RolePolicy {
		r, _ = s.roleOf(r)
	}
	return r.Text("permissionsBoundary")
}

func functionARN(s scope, r graph.Resource) string {
	return s.arn("lambda", "function:"+autoNamed(r, "name"))
}

func logGroupARN(s scope, r graph.Resource) string {
	return s.arn("logs", "log-group:"+autoNamed(r, "name"))
}

func keyAliasARN(s scope, r graph.Resource) string { return s.arn("kms", "alias/"+r.Name+"-*") }

func alarmARN(s scope, r graph.Resource) string {
	return s.arn("cloudwatch", "alarm:"+autoNamed(r, "name"))
}

func dashboardARN(s scope, r graph.Resource) string {
	return s.global("cloudwatch", "dashboard/"+autoNamed(r, "dashboardName"))
}

func topicARN(s scope, r graph.Resource) string { return s.arn("sns", autoNamed(r, "name")) }

// bucketARN: Pulumi names buckets in lower case, and their ARNs have no account. S3's
// provider makes the rest of a name that is given by its beginning.
func bucketARN(s scope, r graph.Resource) string {
	name := autoNamed(r, "bucket")
	if prefix := r.Text("bucketPrefix"); prefix != "" {
		name = prefix + "*"
	}
	return "arn:" + s.graph.Partition + ":s3:::" + strings.ToLower(name)
}

func objectsARN(s scope, r graph.Resource) string { return bucketARN(s, r) + "/*" }

// whereEmptied names a bucket that is deleted with what is in it, and no other.
func whereEmptied(pattern func(scope, graph.Resource) string) func(scope, graph.Resource) []string {
	return func(s scope, r graph.Resource) []string {
		if !r.Flag("forceDestroy") {
			return nil
		}
		return []string{pattern(s, r)}
	}
}

func zoneARN(s scope, r graph.Resource) string {
	return "arn:" + s.graph.Partition + ":route53:::hostedzone/" + r.Text("zoneId")
}

func anyChange(s scope, _ graph.Resource) []string {
	return []string{"arn:" + s.graph.Partition + ":route53:::change/*"}
}

func serviceLinkedRoles(s scope, _ graph.Resource) []string {
	return []string{s.global("iam", "role/aws-service-role/*")}
}

// datastoreKeys are the keys that datastores are encrypted with: none where AWS owns
// them, the given one, or any of the account where the stack makes it, since KMS
// chooses its id.
func datastoreKeys(s scope, r graph.Resource) []string {
	id := r.Text("sseConfiguration", "kmsEncryptionConfig", "kmsKeyId")
	if id == "" {
		return nil
	}
	for _, key := range s.all(keyType) {
		if key.Text("arn") == id {
			return []string{s.arn("kms", "key/*")}
		}
	}
	return []string{id}
}
