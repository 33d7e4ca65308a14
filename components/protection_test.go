package components_test

import (
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
)

// withKey is the baseline with a key of its own, so that everything that cannot be
// recreated is there.
func withKey(a *components.SmartDatastoreArgs) { a.CustomerManagedKey = true }

// irreplaceable is what the product must not lose.
var irreplaceable = []string{datastoreName, poolName, name + "-auth-domain", name + "-key"}

// assertProtected says which resources are protected: these and no others.
func assertProtected(t *testing.T, r *recorder, want ...string) {
	t.Helper()
	var got []string
	for _, one := range r.resources {
		if one.GetProtect() {
			got = append(got, one.GetName())
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	assertLines(t, "protected resources", got, want)
}

// settledAtCreation are changes that are ignored of every resource of a type: a domain never
// changes under its pool, a pool keeps the name that it has, and a client its secret.
var settledAtCreation = map[string][]string{domainType: {"domain"}, userPoolType: {"name"}, clientType: {"generateSecret"}}

// assertIgnores says of which resources changes are ignored, and which.
func assertIgnores(t *testing.T, r *recorder, want map[string][]string) {
	t.Helper()
	for _, one := range r.resources {
		ignored := want[one.GetName()]
		if always, ok := settledAtCreation[one.GetType()]; ok {
			ignored = always
		}
		assertLines(t, "ignored changes of "+one.GetName(), one.GetIgnoreChanges(), ignored)
	}
}

// guarded is how a datastore's replacement is kept off.
var guarded = map[string][]string{datastoreName: {
	"datastoreName", "datastoreTypeVersion", "identityProviderConfiguration", "preloadDataConfig", "sseConfiguration",
}}

func TestWhatCannotBeRecreatedIsProtectedByDefault(t *testing.T) {
	for when, settings := range both {
		t.Run(when, func(t *testing.T) {
			r := build(t, withKey, settings...)
			assertProtected(t, r, irreplaceable...)
			assertIgnores(t, r, guarded)
		})
	}
}

func TestProtectionCanBeGivenUpAndTheDatastoreIsStillNotReplacedByANewClient(t *testing.T) {
	r := build(t, func(a *components.SmartDatastoreArgs) {
		withKey(a)
		a.Protect = pulumi.BoolRef(false)
	})
	assertProtected(t, r)
	assertIgnores(t, r, guarded)
}

func TestTheCallersOwnProtectionOutlivesProtectFalse(t *testing.T) {
	for _, allow := range []bool{false, true} {
		r := mustRun(t, declare(func(a *components.SmartDatastoreArgs) {
			withKey(a)
			a.Protect, a.AllowDatastoreReplacement = pulumi.BoolRef(false), allow
		}, pulumi.Protect(true)))
		for _, one := range r.resources {
			if !one.GetProtect() {
				t.Errorf("allowDatastoreReplacement %v: %s %q is not protected", allow, one.GetType(), one.GetName())
			}
		}
	}
}

func TestAllowingAReplacementFreesTheDatastoreAndNothingElse(t *testing.T) {
	r := build(t, func(a *components.SmartDatastoreArgs) {
		withKey(a)
		a.AllowDatastoreReplacement = true
	})
	assertProtected(t, r, poolName, name+"-auth-domain", name+"-key")
	assertIgnores(t, r, map[string][]string{datastoreName: {"preloadDataConfig"}})
}

func TestNothingIsLeftBehindOrReplacedOnPurpose(t *testing.T) {
	for _, one := range build(t, withKey).resources {
		if one.GetRetainOnDelete() || one.GetDeleteBeforeReplace() {
			t.Errorf("%s %q: retainOnDelete %v, deleteBeforeReplace %v", one.GetType(), one.GetName(),
				one.GetRetainOnDelete(), one.GetDeleteBeforeReplace())
		}
		if replacing := one.GetReplaceOnChanges(); len(replacing) > 0 && one.GetType() != datastoreType {
			t.Errorf("%s %q: replaceOnChanges %v", one.GetType(), one.GetName(), replacing) // the datastore's are its SDK's
		}
	}
}
