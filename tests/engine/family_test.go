package engine_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
)

// family is a program of n datastores in one stack.
func family(n int) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		protect := false
		for i := range n {
			_, err := components.NewSmartDatastore(ctx, fmt.Sprintf("clinic%02d", i), &components.SmartDatastoreArgs{
				Clients:  []components.ClientArgs{{Name: "etl", Kind: components.ServiceClient, Scopes: []string{"system/*.rs"}}},
				Function: &components.FunctionArgs{Archive: archives["function.archive"]},
				Protect:  &protect,
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
}

func TestTwentyFiveInstancesLiveInOneStack(t *testing.T) {
	one := newStack(t, "dev")
	one.program = family(1)
	one.mustUpdate(nil)
	many := newStack(t, "dev")
	many.program = family(25)
	many.mustUpdate(nil)
	if got, want := len(many.account.names()), 25*len(one.account.names()); got != want {
		t.Errorf("want 25 times the resources of one, %d, got %d", want, got)
	}
	assertUnchanged(t, "second preview", many.preview(nil))
	if made := many.destroy(); made.err != nil {
		t.Fatal(made.err, made.messages)
	}
	assertSame(t, "left over", many.account.names(), nil)
}

// BenchmarkPreview shows how time and memory grow with the number of instances in
// one program: the figures an instance stay the same where growth is linear.
//
// An update is not measured, because this harness holds the state against its rules
// after every step, which grows with the square of the steps by itself.
func BenchmarkPreview(b *testing.B) {
	for _, n := range []int{1, 5, 25} {
		b.Run(fmt.Sprintf("instances=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s := newStack(b, "dev")
				s.program = family(n)
				if made := s.preview(nil); made.err != nil {
					b.Fatal(made.err, made.messages)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N*n), "ms/instance")
		})
	}
}

// printArchives makes the test binary build the functions from the folder it runs
// in, and print where the archives are.
const printArchives = "SMARTLAKE_TEST_PRINT_ARCHIVES"

func TestAnotherCheckoutOnAnotherMachineShowsNoChange(t *testing.T) {
	if os.Getenv(printArchives) != "" {
		validator, err := components.PackageValidator(t.Context(), components.LambdaPlatform("arm64"), nil)
		if err != nil {
			t.Fatal(err)
		}
		launch, err := components.PackageLaunchContext(t.Context(), components.LambdaPlatform("arm64"), nil)
		if err != nil {
			t.Fatal(err)
		}
		door, err := components.PackageFrontDoor(t.Context(), components.LambdaPlatform("arm64"), nil)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("archives=%s %s %s\n", validator, launch, door)
		return
	}
	if testing.Short() {
		t.Skip("builds the functions twice")
	}
	here, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	first, second := builtIn(t, here), builtIn(t, checkout(t, here))
	for key, path := range first {
		if path == "" || path == second[key] {
			t.Fatalf("%s: want it under different paths on the two machines, got %q", key, path)
		}
	}
	each(t, func(t *testing.T, s *stack) {
		s.mustUpdate(first)
		assertUnchanged(t, "on another machine", s.preview(second))
	})
}

// builtIn builds the functions in a checkout, with a user's cache of its own.
func builtIn(t *testing.T, checkout string) config {
	t.Helper()
	build := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.v")
	build.Dir = checkout
	build.Env = append(os.Environ(), printArchives+"=1", "XDG_CACHE_HOME="+t.TempDir())
	out, err := build.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		if paths, ok := strings.CutPrefix(strings.TrimSpace(line), "archives="); ok {
			built := strings.Fields(paths)
			return config{"function.archive": built[0], "launchContext.function.archive": built[1], "frontDoor.function.archive": built[2]}
		}
	}
	t.Fatalf("no archive was built:\n%s", out)
	return nil
}

// checkout copies what git tracks to another place, with new times.
func checkout(t *testing.T, from string) string {
	t.Helper()
	list := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = from
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	to := t.TempDir()
	for path := range strings.SplitSeq(strings.TrimRight(string(out), "\x00"), "\x00") {
		if !slices.Contains([]string{".go", ".mod", ".sum"}, filepath.Ext(path)) {
			continue
		}
		content, err := os.ReadFile(filepath.Join(from, path))
		if err != nil {
			t.Fatal(err)
		}
		into := filepath.Join(to, path)
		if err := os.MkdirAll(filepath.Dir(into), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(into, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return to
}
