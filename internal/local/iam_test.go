package local

import (
	"errors"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
)

const (
	testDatastore = "arn:aws:healthlake:us-east-1:123456789012:datastore/fhir/abc"
	testTrust     = `{"Statement":[{"Effect":"Allow","Principal":{"Service":"healthlake.amazonaws.com"},"Action":["sts:AssumeRole"],` +
		`"Condition":{"StringEquals":{"aws:SourceAccount":"123456789012"},` +
		`"ArnLike":{"aws:SourceArn":"arn:aws:healthlake:us-east-1:123456789012:datastore/fhir/*"}}}]}`
	testPolicy = `{"Statement":[{"Effect":"Allow","Action":["healthlake:ReadResource"],"Resource":["` + testDatastore + `"]}]}`
)

// declareRole is a program with one role.
func declareRole(t *testing.T, trust, policy string) (roles, string) {
	t.Helper()
	g, err := declared.Run(func(ctx *pulumi.Context) error {
		role, err := iam.NewRole(ctx, "role", &iam.RoleArgs{AssumeRolePolicy: pulumi.String(trust)})
		if err != nil {
			return err
		}
		_, err = iam.NewRolePolicy(ctx, "policy", &iam.RolePolicyArgs{Role: role.Name, Policy: pulumi.String(policy)})
		return err
	}, declared.Stack{Project: "p", Name: "s", Config: map[string]string{"aws:region": "us-east-1"}})
	if err != nil {
		t.Fatal(err)
	}
	return roles{g}, g.All(declared.Role)[0].Text("arn")
}

func TestARoleDoesWhatItsPoliciesSayAndNothingElse(t *testing.T) {
	r, arn := declareRole(t, testTrust, testPolicy)
	if err := r.authorize(arn, "healthlake:ReadResource", testDatastore); err != nil {
		t.Errorf("the baseline is refused: %v", err)
	}
	for _, c := range []struct{ name, trust, policy, role, action, datastore, want string }{
		{"another action", testTrust, testPolicy, "", "healthlake:CreateResource", testDatastore, "may not healthlake:CreateResource"},
		{"another datastore", testTrust, testPolicy, "", "healthlake:ReadResource", testDatastore + "d", "may not"},
		{"an unknown role", testTrust, testPolicy, "arn:aws:iam::1:role/x", "healthlake:ReadResource", testDatastore, "does not declare"},
		{"another account's trust", strings.Replace(testTrust, `"aws:SourceAccount":"123456789012"`, `"aws:SourceAccount":"1"`, 1), testPolicy, "", "healthlake:ReadResource", testDatastore, "trust policy"},
		{"another service's trust", strings.Replace(testTrust, "healthlake.amazonaws.com", "lambda.amazonaws.com", 1), testPolicy, "", "healthlake:ReadResource", testDatastore, "trust policy"},
		{"a condition that is not understood", strings.Replace(testTrust, "StringEquals", "StringLike", 1), testPolicy, "", "healthlake:ReadResource", testDatastore, "trust policy"},
		{"a denial", testTrust, strings.Replace(testPolicy, "Allow", "Deny", 1), "", "healthlake:ReadResource", testDatastore, "may not"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, arn := declareRole(t, c.trust, c.policy)
			if c.role != "" {
				arn = c.role
			}
			if err := r.authorize(arn, c.action, c.datastore); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestAPrincipalThatSignsDoesWhatItsPoliciesSayAndNothingElse(t *testing.T) {
	r, arn := declareRole(t, testTrust, testPolicy)
	for _, c := range []struct{ name, principal, action, datastore, want string }{
		{"a declared role", arn, "healthlake:ReadResource", testDatastore, ""},
		{"the administrator", "arn:aws:iam::123456789012:user/administrator", "healthlake:GetCapabilities", testDatastore, ""},
		{"another action", arn, "healthlake:GetCapabilities", testDatastore, "may not healthlake:GetCapabilities"},
		{"another datastore", arn, "healthlake:ReadResource", testDatastore + "d", "may not"},
		{"an unknown role", "arn:aws:iam::123456789012:role/x", "healthlake:ReadResource", testDatastore, "no role that the program declares"},
		{"another account's administrator", "arn:aws:iam::1:user/administrator", "healthlake:ReadResource", testDatastore, "no role that the program declares"},
		{"nobody", "", "healthlake:ReadResource", testDatastore, "no role that the program declares"},
	} {
		err := r.permit(c.principal, c.action, c.datastore)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

// newResource is a declared resource of plain values.
func newResource(typ string, properties map[string]any) declared.Resource {
	return declared.Resource{Type: typ, Properties: resource.NewPropertyMapFromMap(properties)}
}

func TestHealthLakeCallsOnlyWhatAPermissionNames(t *testing.T) {
	alias := newResource(declared.FunctionAlias, map[string]any{"arn": "arn:f:live", "name": "live", "functionName": "f"})
	permission := func(qualifier any) declared.Resource {
		return newResource(declared.Permission, map[string]any{
			"principal": "healthlake.amazonaws.com", "action": "lambda:InvokeFunction", "function": "f", "qualifier": qualifier,
		})
	}
	for _, c := range []struct {
		name       string
		permission declared.Resource
		arn, want  string
	}{
		{"the alias", permission("live"), "arn:f:live", ""},
		{"the function behind the alias", permission("live"), "arn:f", "no permission"},
		{"the alias, with a permission on the function", permission(nil), "arn:f:live", "no permission"},
		{"another alias", permission("live"), "arn:f:other", "does not declare"},
	} {
		d := declaration{
			functions:   []declared.Resource{newResource(declared.Function, map[string]any{"arn": "arn:f", "name": "f"})},
			aliases:     []declared.Resource{alias},
			permissions: []declared.Resource{c.permission},
		}
		err := d.invokable("healthlake.amazonaws.com", "arn:d", c.arn)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

func TestTheDatastoreAndThePoolCallTheFunctionThatEachNames(t *testing.T) {
	function := func(name string) declared.Resource {
		return newResource(declared.Function, map[string]any{"arn": "arn:" + name, "name": name})
	}
	alias := func(name string) declared.Resource {
		return newResource(declared.FunctionAlias, map[string]any{"arn": "arn:" + name + ":live", "name": "live", "functionName": name})
	}
	permission := func(source string) declared.Resource {
		return newResource(declared.Permission, map[string]any{
			"principal": "cognito-idp.amazonaws.com", "action": "lambda:InvokeFunction", "function": "who", "qualifier": "live", "sourceArn": source,
		})
	}
	for _, c := range []struct {
		name, validator, trigger, source string
		want                             string
	}{
		{"both", "arn:judge:live", "arn:who:live", "arn:pool", ""},
		{"a pool without a trigger", "arn:judge:live", "", "arn:pool", ""},
		{"a permission for another pool", "arn:judge:live", "arn:who:live", "arn:other", "no permission lets cognito-idp.amazonaws.com invoke arn:who:live for arn:pool"},
		{"no permission on the function itself", "arn:judge:live", "arn:who", "arn:pool", "no permission lets"},
		{"an unknown validator", "arn:x", "arn:who:live", "arn:pool", "the datastore calls arn:x, which the program does not declare"},
		{"an unknown trigger", "arn:judge:live", "arn:x:live", "arn:pool", "the user pool calls arn:x:live, which the program does not declare"},
	} {
		pool := map[string]any{"arn": "arn:pool"}
		if c.trigger != "" {
			pool["lambdaConfig"] = map[string]any{"preTokenGenerationConfig": map[string]any{"lambdaArn": c.trigger}}
		}
		d := declaration{
			datastore:   newResource(declared.Datastore, map[string]any{"identityProviderConfiguration": map[string]any{"idpLambdaArn": c.validator}}),
			pool:        newResource(declared.UserPool, pool),
			functions:   []declared.Resource{function("who"), function("judge")},
			aliases:     []declared.Resource{alias("who"), alias("judge")},
			permissions: []declared.Resource{permission(c.source)},
		}
		err := errors.Join(d.readFunctions(), d.readTrigger())
		if c.want != "" {
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: got %v, want %q", c.name, err, c.want)
			}
			continue
		}
		trigger := ""
		if c.trigger != "" {
			trigger = "who"
		}
		if err != nil || d.function.Text("name") != "judge" || d.trigger.Text("name") != trigger {
			t.Errorf("%s: got the function %q and the trigger %q (error %v)", c.name, d.function.Text("name"), d.trigger.Text("name"), err)
		}
	}
}

func TestAProgramWithoutADatastoreIsNotRun(t *testing.T) {
	_, err := Start(Options{
		Program: func(*pulumi.Context) error { return nil },
		Stack:   declared.Stack{Project: "p", Name: "s", Config: map[string]string{"aws:region": "us-east-1"}},
	})
	if err == nil || !strings.Contains(err.Error(), "the program declares no datastore ("+declared.Datastore+"): the local cloud runs one") {
		t.Errorf("got %v", err)
	}
	_, err = Start(Options{Program: func(*pulumi.Context) error { return nil }, Stack: declared.Stack{Project: "p", Name: "s"}})
	if err == nil || !strings.Contains(err.Error(), "aws:region: missing") {
		t.Errorf("got %v", err)
	}
}
