package components_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
	"github.com/smartlake/pulumi-smartlake/validator"
)

// Whose a client is: what the arguments say, and what the validator is told.

// toldOf are the clients that the deployed function reads, by the client's id.
func toldOf(t *testing.T, r *recorder) map[string]validator.Client {
	t.Helper()
	variables := r.find(t, functionType, functionName).Inputs["environment"].(map[string]any)["variables"].(map[string]any)
	clients, err := validator.ParseClients(variables["CLIENTS"].(string))
	if err != nil {
		t.Fatalf("%v: %v", variables["CLIENTS"], err)
	}
	byID := map[string]validator.Client{}
	for _, client := range clients {
		byID[client.ID] = client
	}
	return byID
}

// users are the fields of an app about its users.
func users(types, groups []string, scopes ...string) func(*components.ClientArgs) {
	return func(c *components.ClientArgs) {
		c.FHIRUserTypes, c.Groups, c.Scopes = nil, groups, scopes
		if types != nil {
			c.FHIRUserTypes = []components.FHIRUserType{} // not left out
		}
		for _, name := range types {
			c.FHIRUserTypes = append(c.FHIRUserTypes, components.FHIRUserType(name))
		}
	}
}

func TestTheValidatorIsToldWhoseEachClientIs(t *testing.T) {
	clinicians := []string{"clinicians", "nurses"}
	for what, c := range map[string]struct {
		client        components.ClientArgs
		edit          func(*components.ClientArgs)
		types, groups []string
	}{
		"a service":                   {service(), scoped("system/*.rs"), nil, nil},
		"an app with patient/ scopes": {public(), users(nil, nil, "patient/*.rs"), nil, nil},
		"one for a group of users":    {public(), users(nil, []string{"nurses", "clinicians"}, "patient/*.rs"), nil, clinicians},
		"an app with user/ scopes":    {public(), users(nil, nil, "user/*.rs", "patient/*.rs"), []string{"Practitioner"}, nil},
		"a confidential one":          {confidential(), users(nil, clinicians, "user/*.rs"), []string{"Practitioner"}, clinicians},
		"one that spells its users out": {public(), users([]string{"Practitioner", "Patient"}, clinicians, "user/*.rs"),
			[]string{"Patient", "Practitioner"}, clinicians},
	} {
		t.Run(what, func(t *testing.T) {
			edited := c.client
			c.edit(&edited)
			r := build(t, clients(c.client, c.edit))
			id := clientID(name + "-auth-client-" + edited.Name)
			want := map[string]validator.Client{id: {ID: id, FHIRUserTypes: c.types, Groups: c.groups}}
			if got := toldOf(t, r); !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

func TestTheOrderOfClientsTypesAndGroupsChangesNothing(t *testing.T) {
	edited := func(reverse bool) func(*components.SmartDatastoreArgs) {
		return func(a *components.SmartDatastoreArgs) {
			a.Clients[1].Groups, a.Clients[2].Groups = []string{"a", "b"}, []string{"b", "a"}
			a.Clients[2].FHIRUserTypes = []components.FHIRUserType{"Practitioner", "PractitionerRole"}
			if reverse {
				slices.Reverse(a.Clients)
				slices.Reverse(a.Clients[0].FHIRUserTypes)
				slices.Reverse(a.Clients[0].Groups)
			}
		}
	}
	environment := func(reverse bool) any {
		return build(t, edited(reverse)).find(t, functionType, functionName).Inputs["environment"]
	}
	if one, other := environment(false), environment(true); !reflect.DeepEqual(one, other) {
		t.Errorf("got %v\nand %v", one, other)
	}
}

func TestWhatSaysNothingOfUsersOrTooLittleIsRefused(t *testing.T) {
	const (
		noUser = `a service has no user; remove it`
		types  = `must be one of Patient, Person, Practitioner, PractitionerRole, RelatedPerson`
		group  = `must be 1 to 128 printable characters without white space (Cognito)`
		some   = `[]: must have at least one element, or be left out`
		held   = `with fineGrainedAuthorization false, its user/ scopes reach every patient; use patient/ scopes, or set fineGrainedAuthorization to true`
	)
	coarse := func(types ...string) func(*components.SmartDatastoreArgs) {
		return func(a *components.SmartDatastoreArgs) {
			anApp(users(types, nil, "user/*.rs"))(a)
			a.FineGrainedAuthorization = pulumi.BoolRef(false)
		}
	}
	assertRefused(t, map[string]refusal{
		"types of a service":  {aService(func(c *components.ClientArgs) { c.FHIRUserTypes = []components.FHIRUserType{"Practitioner"} }), `clients[0].fhirUserTypes: ["Practitioner"]: ` + noUser},
		"groups of a service": {aService(func(c *components.ClientArgs) { c.Groups = []string{"a"} }), `clients[0].groups: ["a"]: ` + noUser},
		"types without user/ scopes": {anApp(users([]string{"Practitioner"}, nil, "patient/*.rs")),
			`clients[0].fhirUserTypes: ["Practitioner"]: applies only to user/ scopes, and the client has none; remove it, or use groups to restrict who can use the client`},
		"no type":            {anApp(users([]string{}, nil, "user/*.rs")), `clients[0].fhirUserTypes: ` + some},
		"no group":           {anApp(users(nil, []string{}, "user/*.rs")), `clients[0].groups: ` + some},
		"a type nobody is":   {anApp(users([]string{"Group"}, nil, "user/*.rs")), `clients[0].fhirUserTypes[0]: "Group": ` + types},
		"a type in its case": {anApp(users([]string{"Practitioner", "patient"}, nil, "user/*.rs")), `clients[0].fhirUserTypes[1]: "patient": ` + types},
		"a type twice":       {anApp(users([]string{"Patient", "Patient"}, nil, "user/*.rs")), `clients[0].fhirUserTypes[1]: "Patient": listed twice; list each one once`},
		"a group in words":   {anApp(users(nil, []string{"all nurses"}, "user/*.rs")), `clients[0].groups[0]: "all nurses": ` + group},
		"a group too long":   {anApp(users(nil, []string{strings.Repeat("a", 129)}, "user/*.rs")), fmt.Sprintf(`clients[0].groups[0]: %q: %s`, strings.Repeat("a", 129), group)},
		"a group twice":      {anApp(users(nil, []string{"a", "b", "a"}, "user/*.rs")), `clients[0].groups[2]: "a": listed twice; list each one once`},
		"a test user's group": {func(a *components.SmartDatastoreArgs) {
			a.TestUsers = []components.TestUserArgs{{Username: "ann", Email: "a@example.org", Password: pulumi.String("Passw0rd!"), Groups: []string{""}}}
		}, `testUsers[0].groups[0]: "": ` + group},

		"patients that nothing holds":        {coarse("Practitioner", "Patient"), `clients[0].fhirUserTypes[1]: "Patient": ` + held},
		"related persons that nothing holds": {coarse("RelatedPerson"), `clients[0].fhirUserTypes[0]: "RelatedPerson": ` + held},
		"persons that nothing holds":         {coarse("Person"), `clients[0].fhirUserTypes[0]: "Person": ` + held},
	})
	for what, edit := range map[string]func(*components.SmartDatastoreArgs){
		"practitioners without fine-grained authorization": coarse("Practitioner", "PractitionerRole"),
		"patients with it": anApp(users([]string{"Patient"}, nil, "user/*.rs")),
		"patients with patient/ scopes": func(a *components.SmartDatastoreArgs) {
			anApp(users(nil, nil, "patient/*.rs"))(a)
			a.FineGrainedAuthorization = pulumi.BoolRef(false)
		},
	} {
		t.Run(what, func(t *testing.T) { build(t, edit) })
	}
}

func TestTheGroupsThatAreNamedAreDeclaredWithTheirTestUsers(t *testing.T) {
	r := build(t, func(a *components.SmartDatastoreArgs) {
		a.Clients[1].Groups, a.Clients[2].Groups = []string{"clinicians", "nurses"}, []string{"clinicians"}
		a.TestUsers = []components.TestUserArgs{
			{Username: "ann", Email: "ann@example.org", Password: pulumi.String("Passw0rd!"), Groups: []string{"clinicians", "testers"}},
			{Username: "bob", Email: "bob@example.org", Password: pulumi.String("Passw0rd!")},
		}
	})
	var groups []string
	for _, group := range r.of(userGroupType) {
		assertJSON(t, group.GetName(), group.Inputs, fmt.Sprintf(`{"name": %q, "description": "Users of SMART apps", "userPoolId": %q}`,
			strings.TrimPrefix(group.GetName(), "ehr-auth-group-"), userPoolID(poolName, region)))
		groups = append(groups, group.GetName())
	}
	assertLines(t, "groups", groups, []string{"ehr-auth-group-clinicians", "ehr-auth-group-nurses", "ehr-auth-group-testers"})
	var members []string
	for _, member := range r.of(userInGroupType) {
		members = append(members, fmt.Sprint(member.Inputs["username"], " in ", member.Inputs["groupName"], " of ", member.Inputs["userPoolId"]))
	}
	pool := userPoolID(poolName, region)
	assertLines(t, "members", members, []string{"ann in clinicians of " + pool, "ann in testers of " + pool})
}

// hundred are as many apps as a stack may have, in some number of groups.
func hundred(groups int, group func(i int) string) func(*components.SmartDatastoreArgs) {
	return func(a *components.SmartDatastoreArgs) {
		a.Clients = nil
		for i := range 100 {
			client := public()
			client.Name, client.Groups = fmt.Sprint("app-", i), []string{group(i % groups)}
			a.Clients = append(a.Clients, client)
		}
	}
}

func TestAHundredClientsFitIntoTheFunctionsEnvironment(t *testing.T) {
	for _, settings := range both {
		r := mustRun(t, declare(hundred(3, func(i int) string { return fmt.Sprint("department-", i) })), settings...)
		if len(settings) == 0 {
			if got := len(toldOf(t, r)); got != 100 {
				t.Errorf("the validator knows %d clients", got)
			}
		}
	}
}

func TestAnEnvironmentThatLambdaWouldRefuseIsRefusedWithWhatToDo(t *testing.T) {
	const want = `clients: the validator's environment takes %d bytes, %d of them for the list of clients: must be at most 4096 (Lambda); ` +
		`declare fewer clients, give more of them the same fhirUserTypes and groups, or shorten names of groups or roles.path`
	assertRefused(t, map[string]refusal{
		"a group each": {hundred(100, func(i int) string { return fmt.Sprint("department-", i) }), fmt.Sprintf(want, 11618, 11093)},
		"a long path": {func(a *components.SmartDatastoreArgs) {
			hundred(1, func(int) string { return "clinicians" })(a)
			a.Roles = &components.RolesArgs{Path: "/" + strings.Repeat("x", 400) + "/"}
		}, fmt.Sprintf(want, 4908, 3180)},
	})
}

func TestAStandaloneValidatorChecksWhatItKnowsAndWhatItLearns(t *testing.T) {
	later := func(text string) pulumi.StringInput {
		return pulumi.String("").ToStringOutput().ApplyT(func(string) string { return text }).(pulumi.StringOutput)
	}
	for what, c := range map[string]struct {
		clients []components.AcceptedClientArgs
		want    string
	}{
		"no id":   {[]components.AcceptedClientArgs{{}}, `clients[0].id: missing; must be the client_id in the client's tokens`},
		"a type":  {[]components.AcceptedClientArgs{{ID: pulumi.String("a"), FHIRUserTypes: []components.FHIRUserType{"Group"}}}, `clients[0].fhirUserTypes[0]: "Group": must be one of Patient, Person, Practitioner, PractitionerRole, RelatedPerson`},
		"a group": {[]components.AcceptedClientArgs{{ID: pulumi.String("a"), Groups: []string{"a b"}}}, `clients[0].groups[0]: "a b": must be 1 to 128 printable characters without white space (Cognito)`},
		"an id":   {[]components.AcceptedClientArgs{{ID: pulumi.String("a")}, {ID: pulumi.String("a")}}, `clients[1].id: "a": another client has this id; choose a different one`},
	} {
		t.Run(what, func(t *testing.T) {
			args := tokenValidatorArgs()
			args.Clients = c.clients
			assertRefusal(t, aTokenValidator(args, "", nil), `TokenValidator "judge": `+c.want)
		})
	}
	for what, c := range map[string]struct {
		clients []components.AcceptedClientArgs
		want    string
	}{
		"an id twice":    {[]components.AcceptedClientArgs{{ID: later("a")}, {ID: later("a")}}, `clients[1].id: "a": another client has this id; choose a different one`},
		"an id too long": {[]components.AcceptedClientArgs{{ID: later(strings.Repeat("a", 4000))}}, `the validator's environment takes `},
	} {
		t.Run(what, func(t *testing.T) {
			args := tokenValidatorArgs()
			args.Clients = c.clients
			r, err := run(aTokenValidator(args, "", nil))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
			if functions := r.of(functionType); len(functions) != 0 {
				t.Error("the function was registered all the same")
			}
		})
	}
	t.Run("no type at all", func(t *testing.T) {
		args := tokenValidatorArgs()
		args.Clients = []components.AcceptedClientArgs{{ID: later("a"), FHIRUserTypes: []components.FHIRUserType{}}}
		r := mustRun(t, aTokenValidator(args, "", nil))
		variables := r.find(t, functionType, "judge-function").Inputs["environment"].(map[string]any)["variables"].(map[string]any)
		if got := variables["CLIENTS"]; got != `[{"ids":["a"]}]` {
			t.Errorf("got %v", got)
		}
	})
}
