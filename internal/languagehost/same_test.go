package languagehost_test

import (
	"bytes"
	"reflect"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/declared/archivetest"
	"github.com/smartlake/pulumi-smartlake/internal/declared/declaredtest"
	"github.com/smartlake/pulumi-smartlake/internal/languagehost"
	"github.com/smartlake/pulumi-smartlake/internal/program"
	"github.com/smartlake/pulumi-smartlake/tests/expect"
)

func TestThisRepositorysProgramDeclaresTheSameAsAProcessAndInProcess(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program")
	}
	overrides := declaredtest.Everything()
	archive := archivetest.Write(t)
	for _, function := range []string{"function", "launchContext.function", "frontDoor.function"} {
		overrides[function+".archive"] = archive
	}
	stack, err := declared.LoadStack(".", "dev", overrides)
	if err != nil {
		t.Fatal(err)
	}
	inProcess, err := declared.Run(program.With(stack.Config), stack)
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	built, err := languagehost.Build(t.Context(), "../..", &said)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := built.Close(); err != nil {
			t.Error(err)
		}
	})
	began := time.Now()
	asProcess, err := built.Run(t.Context(), stack)
	if err != nil {
		t.Fatalf("%v\n%s", err, &said)
	}
	t.Logf("declared in %s", time.Since(began))
	got, want := asProcess.Resources(), inProcess.Resources()
	if len(want) < 40 || len(got) != len(want) {
		t.Errorf("got %d resources, want %d", len(got), len(want))
	}
	if got, want := comparable(t, got), comparable(t, want); got != want {
		t.Error(expect.Difference(got, want))
	}
	outputs := func(g *declared.Graph) string {
		all := g.Outputs()
		all["clientSecrets"] = reflect.ValueOf(all["clientSecrets"]).Len() // they differ each time
		return text(t, all)
	}
	if got, want := outputs(asProcess), outputs(inProcess); got != want {
		t.Error(expect.Difference(got, want))
	}
}

// comparable is everything about resources but the secrets of clients, which differ each
// time.
func comparable(t *testing.T, resources []declared.Resource) string {
	t.Helper()
	for i, one := range resources {
		if one.Has("clientSecret") {
			one.Properties = one.Properties.Copy()
			one.Properties["clientSecret"] = resource.NewProperty("[secret]")
		}
		resources[i] = one
	}
	return text(t, resources)
}
