package local

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
)

// roles evaluates the declared IAM as far as HealthLake's requests need it:
// whether the service may assume a role, and whether the inline policies of a role
// allow an action on a resource. Only Allow statements with StringEquals and
// ArnLike conditions are understood; any other makes the statement void.
type roles struct {
	graph *declared.Graph
}

type policyDocument struct {
	Statement []struct {
		Effect    string
		Principal map[string]string
		Action    []string
		Resource  []string
		Condition map[string]map[string]string
	}
}

// authorize implements healthlake.Authorizer.
func (r roles) authorize(roleARN, action, datastoreARN string) error {
	all := r.graph.All(declared.Role)
	index := slices.IndexFunc(all, func(role declared.Resource) bool { return role.Text("arn") == roleARN })
	if index < 0 {
		return fmt.Errorf("the validator named a role that the program does not declare: %s", roleARN)
	}
	role := all[index]
	request := map[string]string{"aws:SourceAccount": r.graph.Account, "aws:SourceArn": datastoreARN}
	if !trusts(role.Text("assumeRolePolicy"), request) {
		return fmt.Errorf("role %s: its trust policy does not let HealthLake assume it for this datastore", role.Name)
	}
	return r.permit(roleARN, action, datastoreARN)
}

// administrator is the ARN of the person who runs the cloud. On AWS, whoever deploys
// a stack has rights that the stack does not declare; here that person may do everything.
func (r roles) administrator() string { return r.graph.GlobalARN("iam", "user/administrator") }

// permit returns an error unless a principal may do an action on a resource.
func (r roles) permit(principal, action, resource string) error {
	if principal == r.administrator() {
		return nil
	}
	all := r.graph.All(declared.Role)
	index := slices.IndexFunc(all, func(role declared.Resource) bool { return role.Text("arn") == principal })
	if index < 0 {
		return fmt.Errorf("%s is no role that the program declares: it may not %s on %s", principal, action, resource)
	}
	role := all[index]
	for _, policy := range r.graph.All(declared.RolePolicy) {
		if policy.Text("role") == role.Text("name") && allows(policy.Text("policy"), action, resource) {
			return nil
		}
	}
	return fmt.Errorf("role %s may not %s on %s", role.Name, action, resource)
}

func trusts(document string, request map[string]string) bool {
	var policy policyDocument
	if json.Unmarshal([]byte(document), &policy) != nil {
		return false
	}
	for _, s := range policy.Statement {
		if s.Effect == "Allow" && s.Principal["Service"] == "healthlake.amazonaws.com" &&
			slices.Contains(s.Action, "sts:AssumeRole") && holds(s.Condition, request) {
			return true
		}
	}
	return false
}

func allows(document, action, resource string) bool {
	var policy policyDocument
	if json.Unmarshal([]byte(document), &policy) != nil {
		return false
	}
	for _, s := range policy.Statement {
		if s.Effect == "Allow" && slices.Contains(s.Action, action) && slices.Contains(s.Resource, resource) && len(s.Condition) == 0 {
			return true
		}
	}
	return false
}

func holds(conditions map[string]map[string]string, request map[string]string) bool {
	for operator, wanted := range conditions {
		for key, pattern := range wanted {
			switch value := request[key]; operator {
			case "StringEquals":
				if value != pattern {
					return false
				}
			case "ArnLike":
				if !arnLike(pattern, value) {
					return false
				}
			default:
				return false
			}
		}
	}
	return true
}

// arnLike compares part by part; an asterisk goes past slashes, and never past colons
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html).
func arnLike(pattern, arn string) bool {
	patterns, parts := strings.SplitN(pattern, ":", 6), strings.SplitN(arn, ":", 6)
	if len(patterns) != len(parts) {
		return false
	}
	flat := strings.NewReplacer("/", "\x00") // which path.Match takes for no end of a name
	for i, part := range parts {
		if ok, err := path.Match(flat.Replace(patterns[i]), flat.Replace(part)); err != nil || !ok {
			return false
		}
	}
	return true
}
