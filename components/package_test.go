package components_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/smartlake/pulumi-smartlake/components"
)

// packagedBy has both functions packaged by the caller, who notes for what.
func packagedBy(a *components.SmartDatastoreArgs, noted *[]string, err error) {
	by := func(name, path string) *components.FunctionArgs {
		return &components.FunctionArgs{Package: func(_ context.Context, platform components.Platform, _ io.Writer) (string, error) {
			*noted = append(*noted, name+" for "+platform.Arch)
			return path, err
		}}
	}
	a.Function, a.LaunchContext.Function = by("validator", fixtureArchive), by("context", triggerArchive)
}

func TestTheCallerMayPackageTheFunctionsThatAreDeclared(t *testing.T) {
	for what, c := range map[string]struct {
		edit func(*components.SmartDatastoreArgs)
		want []string
	}{
		"both":           {func(*components.SmartDatastoreArgs) {}, []string{"context for arm64", "validator for arm64"}},
		"for x86_64":     {func(a *components.SmartDatastoreArgs) { a.Function.Architecture = "x86_64" }, []string{"context for amd64", "validator for amd64"}},
		"without users":  {func(a *components.SmartDatastoreArgs) { a.Clients = a.Clients[:1] }, []string{"validator for arm64"}},
		"one is a given": {func(a *components.SmartDatastoreArgs) { a.Function.Archive = fixtureArchive }, []string{"context for arm64"}},
	} {
		var noted []string
		build(t, func(a *components.SmartDatastoreArgs) {
			packagedBy(a, &noted, nil)
			c.edit(a)
		})
		slices.Sort(noted) // each once
		assertLines(t, what, noted, c.want)
	}
}

func TestNothingIsDeclaredWhereTheCallerCannotPackage(t *testing.T) {
	var noted []string
	assertRefusal(t, declare(func(a *components.SmartDatastoreArgs) {
		packagedBy(a, &noted, errors.New("no disk"))
	}), "no disk")
}

func TestArgumentsAreCheckedBeforeAnythingIsPackaged(t *testing.T) {
	var noted []string
	_, err := run(declare(func(a *components.SmartDatastoreArgs) {
		packagedBy(a, &noted, nil)
		a.UserPool.MFA = "MAYBE"
	}))
	if err == nil || len(noted) > 0 {
		t.Errorf("want a refusal and no packaging, got %v and %v", err, noted)
	}
}
