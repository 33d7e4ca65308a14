package components_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
)

// naming are the inputs that would give something a name of AWS's, wherever they are.
var naming = []string{
	"alarmName", "bucket", "bucketPrefix", "dashboardName", "datastoreName", "domain", "functionName", "identifier", "name", "namePrefix",
	"providerName", "roleName", "statementId", "statementIdPrefix", "topicName", "username",
}

// fixedNames are the exceptions: inputs that must be what they are, each with its reason.
// All else gets its name from Pulumi, so that it can be replaced and be there twice.
var fixedNames = map[string]string{
	domainType + " domain":                                       "part of a URL, unique in the region; it follows from account, region, project, stack and name",
	datastoreType + " datastoreName":                             "a label that need not be unique; it follows from name and stack",
	resourceServerType + " identifier":                           "part of the scopes' names, and the pool's own",
	resourceServerType + " name":                                 "a label in the pool's console",
	clientType + " name":                                         "a label in the pool's console; the id is Cognito's",
	userType + " username":                                       "what the user types, and the pool's own",
	aliasType + " name":                                          "part of the ARN that the datastore keeps; the function's own",
	"aws:cognito/identityProvider:IdentityProvider providerName": "part of the clients' settings, and the pool's own",
	"aws:cloudwatch/dashboard:Dashboard dashboardName":           "CloudWatch gives none by itself",
	stageType + " name":                                          "the one stage that is no part of the URLs, and the API's own",
	bucketType + " bucketPrefix":                                 "the beginning alone: S3's names are lower case, and its provider adds what makes them unique",
	"aws:route53/record:Record name":                             "the address itself",
}

func TestNothingHasAPhysicalNameOfItsOwnButForGoodReason(t *testing.T) {
	r := build(t, full)
	for _, one := range r.resources {
		if !one.GetCustom() {
			continue
		}
		for _, property := range naming {
			value, given := one.Inputs[property]
			reference := len(one.GetPropertyDependencies()[property].GetUrns()) > 0 // the name of something else
			if given && !reference && fixedNames[one.GetType()+" "+property] == "" {
				t.Errorf("%s %q: %s is %v: leave it to Pulumi, or say in fixedNames why not", one.GetType(), one.GetName(), property, value)
			}
		}
	}
}

func TestOneStackHasRoomForSeveral(t *testing.T) {
	r := mustRun(t, func(ctx *pulumi.Context) error {
		for _, name := range []string{"ehr", "lab"} {
			args := baseline()
			full(args)
			if _, err := components.NewSmartDatastore(ctx, name, args); err != nil {
				return err
			}
		}
		return nil
	})
	urns, unique := map[string]int{}, map[string][]string{}
	for _, one := range r.resources {
		urns[one.URN]++
		if one.GetType() == domainType {
			unique["domain"] = append(unique["domain"], one.Inputs["domain"].(string))
		}
		if one.GetType() == datastoreType {
			unique["datastore"] = append(unique["datastore"], one.Inputs["datastoreName"].(string))
		}
	}
	for urn, count := range urns {
		if count > 1 {
			t.Errorf("%s is declared %d times", urn, count)
		}
	}
	for _, what := range slices.Sorted(maps.Keys(unique)) {
		if names := unique[what]; len(names) != 2 || names[0] == names[1] {
			t.Errorf("the %s names are %v, want two different ones", what, names)
		}
	}
	// Nothing of one uses anything of the other.
	for _, one := range r.resources {
		for _, other := range dependencies(r, one) {
			if one.GetName()[:3] != other[:3] {
				t.Errorf("%s waits for %s", one.GetName(), other)
			}
		}
	}
	if want := 2 * len(build(t, full).resources); len(r.resources) != want {
		t.Errorf("got %d resources, want %d", len(r.resources), want)
	}
}
