package engine_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
)

const (
	etl     = `{"name":"etl","kind":"service","scopes":["system/*.*"]}`
	app     = `{"name":"app","kind":"public","scopes":["openid","profile","launch/patient","patient/*.rs"],"callbackUrls":["http://localhost:3000/callback"],"logoutUrls":["http://localhost:3000"]}`
	another = `{"name":"lab","kind":"service","scopes":["system/Observation.rs"]}`
)

func TestClientsComeChangeAndGoWithoutTouchingTheDatastore(t *testing.T) {
	s := newStack(t, "dev")
	s.mustUpdate(nil)
	datastore := s.account.idOf("smart-datastore")
	for _, change := range []struct{ what, clients string }{
		{"one more", "[" + etl + "," + app + "," + another + "]"},
		{"a scope more", "[" + etl + "," + app + "," + strings.Replace(another, ".rs", ".cruds", 1) + "]"},
		{"one less", "[" + etl + "," + another + "]"},
		{"all others", `[{"name":"new","kind":"service","scopes":["system/Patient.r"]}]`},
	} {
		preview := s.preview(config{"clients": change.clients})
		made := s.mustUpdate(config{"clients": change.clients})
		for _, shown := range []result{preview, made} {
			if slices.ContainsFunc(shown.touched(), func(step string) bool { return strings.HasSuffix(step, "smart-datastore") }) {
				t.Errorf("%s: touches the datastore: %q", change.what, shown.touched())
			}
			if len(shown.touched()) == 0 {
				t.Errorf("%s: want changes", change.what)
			}
		}
		if !slices.ContainsFunc(made.warnings, func(text string) bool { return strings.Contains(text, "discovery document") }) {
			t.Errorf("%s: want a warning about the discovery document, got %q", change.what, made.warnings)
		}
		assertUnchanged(t, change.what+", again", s.preview(config{"clients": change.clients}))
	}
	if s.account.idOf("smart-datastore") != datastore {
		t.Error("another datastore")
	}
}

// settled are the changes of what a datastore keeps for good.
var settled = map[string]config{
	"datastoreName":            {"datastoreName": "another"},
	"kmsKeyArn":                {"kmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000"},
	"authorizationStrategy":    {"authorizationStrategy": "SMART_ON_FHIR_V1", "clients": "[" + etl + "]"},
	"fineGrainedAuthorization": {"fineGrainedAuthorization": "false"},
}

func TestAChangeThatWouldReplaceTheDatastoreIsRefused(t *testing.T) {
	for property, change := range settled {
		t.Run(property, func(t *testing.T) {
			each(t, func(t *testing.T, s *stack) {
				s.mustUpdate(nil)
				datastore := s.account.idOf("smart-datastore")
				s.account.takeLog()
				for what, refused := range map[string]result{"preview": s.preview(change), "update": s.update(change)} {
					if refused.err == nil || !strings.Contains(refused.messages, "DELETE ALL ITS DATA") ||
						!strings.Contains(refused.messages, property) && !strings.Contains(refused.messages, "kmsKeyArn") {
						t.Errorf("%s: want it refused with the property and the consequence, got %v\n%s", what, refused.err, refused.messages)
					}
				}
				if s.account.idOf("smart-datastore") != datastore || slices.Contains(s.account.takeLog(), "delete smart-datastore") {
					t.Error("the datastore was replaced")
				}
				s.mustUpdate(nil)
				assertUnchanged(t, "with the former value", s.preview(nil))
			})
		})
	}
}

func TestOneArgumentAllowsToReplaceTheDatastore(t *testing.T) {
	for property, change := range settled {
		t.Run(property, func(t *testing.T) {
			s := newStack(t, "dev")
			s.mustUpdate(nil)
			s.account.takeLog()
			change = config{"allowDatastoreReplacement": "true", "datastoreName": change["datastoreName"]}
			for key, value := range settled[property] {
				change[key] = value
			}
			s.mustUpdate(change)
			log := s.account.takeLog()
			gone, back := slices.Index(log, "delete smart-datastore"), slices.Index(log, "create smart-datastore")
			if gone < 0 || back < gone {
				t.Errorf("want the datastore replaced, got %q", log)
			}
			delete(change, "allowDatastoreReplacement")
			assertUnchanged(t, "without the argument", s.preview(change))
		})
	}
}

func TestPreloadedPatientsSayNothingOfALiveDatastore(t *testing.T) {
	each(t, func(t *testing.T, s *stack) {
		s.mustUpdate(nil)
		for _, preload := range []string{"true", "false"} {
			for _, allowed := range []string{"true", "false"} {
				assertUnchanged(t, "preloadSynthea "+preload+", replacement "+allowed,
					s.preview(config{"preloadSynthea": preload, "allowDatastoreReplacement": allowed}))
			}
		}
	})
}

func TestAMisspeltKeyDeploysNothing(t *testing.T) {
	each(t, func(t *testing.T, s *stack) {
		for what, refused := range map[string]result{
			"preview": s.preview(config{"protct": "true"}), "update": s.update(config{"protct": "true"}),
		} {
			if refused.err == nil || !strings.Contains(refused.err.Error()+refused.messages, "smartlake:protct: no such key; did you mean protect?") {
				t.Errorf("%s: want it refused with the nearest key, got %v\n%s", what, refused.err, refused.messages)
			}
		}
		assertSame(t, "living", s.account.names(), nil)
	})
}

func TestAnotherDomainUnderAPoolIsRefused(t *testing.T) {
	other := `{"name":"login.example.org","certificateArn":"arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"}`
	each(t, func(t *testing.T, s *stack) {
		s.mustUpdate(nil)
		s.account.takeLog()
		for field, change := range map[string]config{
			"domainPrefix": {"domainPrefix": "another", "customDomain": "none"}, "customDomain.name": {"customDomain": other},
		} {
			for what, refused := range map[string]result{"preview": s.preview(change), "update": s.update(change)} {
				if refused.err == nil || !strings.Contains(refused.messages, field+": is ") || !strings.Contains(refused.messages, "Cognito cannot give a user pool another domain") {
					t.Errorf("%s, %s: want it refused with the field, got %v\n%s", field, what, refused.err, refused.messages)
				}
			}
		}
		for _, operation := range s.account.takeLog() {
			if operation == "create smart-auth-domain" || operation == "delete smart-auth-domain" {
				t.Errorf("the domain was replaced: %s", operation)
			}
		}
		s.mustUpdate(nil)
		assertUnchanged(t, "with the former domain", s.preview(nil))
	})
}

func TestADomainThatWasDeletedByHandMayComeBackAsAnother(t *testing.T) {
	s := newStack(t, "dev")
	s.mustUpdate(nil)
	s.account.lose("smart-auth-domain")
	if made := s.refresh(); made.err != nil {
		t.Fatal(made.err, made.messages)
	}
	made := s.mustUpdate(config{"domainPrefix": "another"})
	assertSame(t, "touched", made.touched(), []string{
		"create smart-auth-domain", "update smart-door-function", // which knows Cognito's endpoints
	})
}

func TestTheGuardSaysWhenTheStateDoesNotTell(t *testing.T) {
	for _, property := range []string{"identityProviderConfiguration", "sseConfiguration", "datastoreName"} {
		s := newStack(t, "dev")
		s.mustUpdate(nil)
		s.account.untold["smart-datastore"] = resource.PropertyKey(property)
		if made := s.refresh(); made.err != nil {
			t.Fatal(made.err, made.messages)
		}
		for what, made := range map[string]result{"preview": s.preview(nil), "update": s.update(nil)} {
			said := func(text string) bool { return strings.Contains(text, "does not hold the live datastore's "+property) }
			if made.err != nil || !slices.ContainsFunc(made.warnings, said) {
				t.Errorf("%s, %s: want a warning that nothing is known, got %v and %q", property, what, made.err, made.warnings)
			}
		}
	}
}

// TestAStackOfBeforeTheGrantsWereComponentsLosesNothing gives a stack the state that it
// had while the grant's policies and the pool's permission were declared beside them.
func TestAStackOfBeforeTheGrantsWereComponentsLosesNothing(t *testing.T) {
	each(t, func(t *testing.T, s *stack) {
		s.mustUpdate(nil)
		if moved := s.withoutGrants(); moved != 3 && moved != 4 {
			t.Fatalf("%d resources were moved, want the policies and the permission", moved)
		}
		assertUnchanged(t, "preview", s.preview(nil))
		assertUnchanged(t, "update", s.mustUpdate(nil))
		assertUnchanged(t, "the next preview", s.preview(nil))
	})
}

// withoutGrants moves the children of the grants beside them, and takes the grants out of
// the state. It returns how many children there are.
func (s *stack) withoutGrants() int {
	s.t.Helper()
	const grant, permission = "smartlake:index:DatastoreGrant", "smartlake:index:UserPoolPermission"
	former := func(urn resource.URN) resource.URN {
		return resource.URN(strings.NewReplacer("$"+grant+"$", "$", "$"+permission+"$", "$").Replace(string(urn)))
	}
	parents := map[resource.URN]resource.URN{}
	for _, r := range s.state.Resources {
		if r.Type == grant || r.Type == permission {
			parents[r.URN] = r.Parent
		}
	}
	moved, before := 0, s.state.Resources[:0:0]
	for _, r := range s.state.Resources {
		if _, gone := parents[r.URN]; gone {
			continue
		}
		if parent, below := parents[r.Parent]; below {
			r.Parent = parent
			moved++
		}
		r.URN = former(r.URN)
		for i, urn := range r.Dependencies {
			r.Dependencies[i] = former(urn)
		}
		for _, urns := range r.PropertyDependencies {
			for i, urn := range urns {
				urns[i] = former(urn)
			}
		}
		before = append(before, r)
	}
	s.state.Resources = before
	return moved
}

func TestARenamedInstanceKeepsItsDatastore(t *testing.T) {
	s := newStack(t, "dev")
	instance := func(name string, pinned bool, options ...pulumi.ResourceOption) pulumi.RunFunc {
		return func(ctx *pulumi.Context) error {
			args := &components.SmartDatastoreArgs{
				Clients:  []components.ClientArgs{{Name: "etl", Kind: components.ServiceClient, Scopes: []string{"system/*.rs"}}},
				Function: &components.FunctionArgs{Archive: archives["function.archive"]},
			}
			if pinned {
				args.DatastoreName, args.DomainPrefix = "ehr-dev", "ehr-records"
			}
			_, err := components.NewSmartDatastore(ctx, name, args, options...)
			return err
		}
	}
	s.program = instance("ehr", true)
	s.mustUpdate(nil)
	former := pulumi.Aliases([]pulumi.Alias{{Name: pulumi.String("ehr")}})
	s.program = instance("clinic", false, former)
	if refused := s.preview(nil); refused.err == nil || !strings.Contains(refused.messages, "and would become") {
		t.Errorf("without the former names: want it refused, got %v\n%s", refused.err, refused.messages)
	}
	s.program = instance("clinic", true, former)
	for what, made := range map[string]result{"preview": s.preview(nil), "update": s.mustUpdate(nil)} {
		for _, step := range made.touched() {
			if !strings.HasPrefix(step, "update ") {
				t.Errorf("%s: %s", what, step)
			}
		}
	}
}

func TestATransformChangesAPropertyOfAChild(t *testing.T) {
	const owner = "pulumi-smartlake-test"
	clinic := func(change func(*pulumi.ResourceTransformArgs)) pulumi.RunFunc {
		return func(ctx *pulumi.Context) error {
			var options []pulumi.ResourceOption
			if change != nil {
				options = append(options, pulumi.Transforms([]pulumi.ResourceTransform{
					func(_ context.Context, args *pulumi.ResourceTransformArgs) *pulumi.ResourceTransformResult {
						change(args)
						return &pulumi.ResourceTransformResult{Props: args.Props, Opts: args.Opts}
					},
				}))
			}
			_, err := components.NewSmartDatastore(ctx, "clinic", &components.SmartDatastoreArgs{
				Clients:  []components.ClientArgs{{Name: "etl", Kind: components.ServiceClient, Scopes: []string{"system/*.rs"}}},
				Function: &components.FunctionArgs{Archive: archives["function.archive"]},
			}, options...)
			return err
		}
	}
	named := func(name string) func(*pulumi.ResourceTransformArgs) {
		return func(args *pulumi.ResourceTransformArgs) {
			switch args.Type {
			case "aws-native:healthlake:FhirDatastore":
				args.Props["datastoreName"] = pulumi.String(name)
			case "aws:cloudwatch/logGroup:LogGroup":
				args.Props["skipDestroy"] = pulumi.Bool(true)
			}
		}
	}
	s := newStack(t, "dev")
	s.program = clinic(named(owner))
	if made := s.preview(nil); made.err != nil {
		t.Fatal(made.err, made.messages)
	}
	s.mustUpdate(nil)
	shown := 0
	for _, r := range s.state.Resources {
		switch r.Type {
		case "aws-native:healthlake:FhirDatastore":
			assertSame(t, "name", []string{r.Inputs["datastoreName"].StringValue()}, []string{owner})
		case "aws:cloudwatch/logGroup:LogGroup":
			if skip, ok := r.Inputs["skipDestroy"]; ok && skip.BoolValue() {
				shown++
			}
		default: // the transform is for no other
		}
	}
	if shown != 1 {
		t.Errorf("the transform reached %d log groups, want the validator's", shown)
	}
	assertUnchanged(t, "the same transform", s.preview(nil))
	assertUnchanged(t, "the same transform, applied", s.mustUpdate(nil))
	datastore := s.account.idOf("clinic-datastore")
	for what, program := range map[string]pulumi.RunFunc{"another transform": clinic(named("another")), "no transform": clinic(nil)} {
		s.program = program
		for when, refused := range map[string]result{"preview": s.preview(nil), "update": s.update(nil)} {
			if refused.err == nil || !strings.Contains(refused.messages, `datastoreName: is "`+owner+`" and would become "`) {
				t.Errorf("%s, %s: want it refused, got %v\n%s", what, when, refused.err, refused.messages)
			}
		}
	}
	if s.account.idOf("clinic-datastore") != datastore {
		t.Error("the datastore was replaced")
	}
}
