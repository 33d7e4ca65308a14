package components_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
)

// What every role carries where the account's rules ask for it.

const boundary = "arn:aws:iam::123456789012:policy/teams/records/Boundary"

func bounded(a *components.SmartDatastoreArgs) {
	a.Roles = &components.RolesArgs{Path: "/teams/records/", PermissionsBoundary: pulumi.String(boundary)}
}

func TestEveryRoleCarriesThePathAndTheBoundaryAndNothingElseChanges(t *testing.T) {
	plain := build(t, full)
	for when, settings := range both {
		r := build(t, func(a *components.SmartDatastoreArgs) { full(a); bounded(a) }, settings...)
		assertLines(t, when, r.names(), plain.names())
		for _, one := range r.of(roleType) {
			assertJSON(t, when+": "+one.GetName(), []any{one.Inputs["path"], one.Inputs["permissionsBoundary"]},
				`["/teams/records/", "`+boundary+`"]`)
			if got, want := len(one.Inputs), len(plain.find(t, roleType, one.GetName()).Inputs)+2; got != want {
				t.Errorf("%s: %s: got %d inputs, want %d", when, one.GetName(), got, want)
			}
		}
	}
}

func TestABoundaryMayBecomeKnownLater(t *testing.T) {
	r := build(t, func(a *components.SmartDatastoreArgs) {
		a.Roles.PermissionsBoundary = pulumi.String(boundary).ToStringOutput()
	})
	for _, one := range r.of(roleType) {
		if got := one.Inputs["permissionsBoundary"]; got != boundary {
			t.Errorf("%s: got the boundary %v, want %s", one.GetName(), got, boundary)
		}
	}
}

func TestTheRolesOfAValidatorAloneAreBoundedToo(t *testing.T) {
	args := tokenValidatorArgs()
	args.Roles = &components.RolesArgs{Path: "/a/", PermissionsBoundary: pulumi.String(boundary)}
	r := mustRun(t, aTokenValidator(args, "", nil))
	for _, one := range r.of(roleType) {
		assertJSON(t, one.GetName(), []any{one.Inputs["path"], one.Inputs["permissionsBoundary"]}, `["/a/", "`+boundary+`"]`)
	}
	args.Roles.Path = "a"
	assertRefusal(t, aTokenValidator(args, "", nil), `TokenValidator "judge": roles.path: "a": `+pathWanted)
}

const (
	pathWanted     = "must be / or printable characters other than *, ? and $ between two slashes, at most 512 in all"
	boundaryWanted = "must be the ARN of a managed policy, arn:<partition>:iam::<account or aws>:policy/<name>"
)

func TestAPathThatIAMWouldRefuseIsRefused(t *testing.T) {
	edit := func(path string) func(*components.SmartDatastoreArgs) {
		return func(a *components.SmartDatastoreArgs) { a.Roles.Path = path }
	}
	cases := map[string]refusal{}
	for _, path := range []string{"a", "/a", "a/", "//", "/a b/", "/\u00fc/", "/a/\n", "/*/", "/a?/", "/${aws:username}/", "/" + strings.Repeat("a", 511) + "/"} {
		cases[path] = refusal{edit(path), fmt.Sprintf("roles.path: %s: %s", told(path), pathWanted)}
	}
	assertRefused(t, cases)
	for _, path := range []string{"/", "/a/", "/a/b/", "/" + strings.Repeat("a", 510) + "/"} {
		if _, err := run(declare(edit(path))); err != nil {
			t.Errorf("%q is refused: %v", path, err)
		}
	}
}

func TestABoundaryThatIsNoManagedPolicyIsRefused(t *testing.T) {
	edit := func(arn string) func(*components.SmartDatastoreArgs) {
		return func(a *components.SmartDatastoreArgs) { a.Roles.PermissionsBoundary = pulumi.String(arn) }
	}
	cases := map[string]refusal{}
	for _, arn := range []string{
		"", "Boundary", "arn:aws:iam::123456789012:role/Boundary", "arn:aws:iam::12345:policy/Boundary", "arn:aws:iam:us-east-1:123456789012:policy/Boundary",
		"arn:aws:iam::123456789012:policy/", "arn:aws:iam::123456789012:policy/a b", "arn:aws:iam::123456789012:policy/" + strings.Repeat("a", 129),
		boundary + "\n", "x" + boundary,
		"arn:aws:iam::123456789012:policy/*/Boundary", "arn:aws:iam::123456789012:policy/a?/Boundary", "arn:aws:iam::123456789012:policy/${aws:username}/Boundary",
	} {
		cases[arn] = refusal{edit(arn), fmt.Sprintf("roles.permissionsBoundary: %q: %s", arn, boundaryWanted)}
	}
	assertRefused(t, cases)
	for _, arn := range []string{
		boundary, "arn:aws-us-gov:iam::123456789012:policy/Boundary", "arn:aws-cn:iam::123456789012:policy/Boundary",
		"arn:aws:iam::aws:policy/PowerUserAccess", "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess",
	} {
		if _, err := run(declare(edit(arn))); err != nil {
			t.Errorf("%q is refused: %v", arn, err)
		}
	}
}

func TestABoundaryThatTurnsOutToBeNoneStopsTheRunBeforeAnyRole(t *testing.T) {
	for when, settings := range both {
		r, err := run(declare(func(a *components.SmartDatastoreArgs) {
			a.Roles.PermissionsBoundary = pulumi.String("arn:aws:iam::123456789012:role/Boundary").ToStringOutput()
		}), settings...)
		want := `roles.permissionsBoundary: "arn:aws:iam::123456789012:role/Boundary": ` + boundaryWanted
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got the error %v, want %s", when, err, want)
		}
		if roles := r.of(roleType); len(roles) > 0 {
			t.Errorf("%s: %d roles are declared", when, len(roles))
		}
	}
}

func TestNoRoleIsDeclaredAroundThePathAndTheBoundary(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "components", "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no source of the components: %v", err)
	}
	calls := map[string]int{}
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(node ast.Node) bool {
			if call, ok := node.(*ast.SelectorExpr); ok && fmt.Sprint(call.X) == "iam" && call.Sel.Name == "NewRole" {
				calls[filepath.Base(path)]++
			}
			return true
		})
	}
	if len(calls) != 1 || calls["site.go"] != 1 {
		t.Errorf("iam.NewRole is used in %v: want once, in site.go", calls)
	}
}
