package declared_test

import (
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/declared/declaredtest"
)

func TestAnArchiveThatIsNotThereIsAnErrorAsInADeployment(t *testing.T) {
	for key, want := range map[string]string{
		"function.archive":               `function.archive: "../../dist/none.zip": must be a zip archive`,
		"launchContext.function.archive": `launchContext.function.archive: "../../dist/none.zip": must be a zip archive`,
		"frontDoor.function.archive":     `frontDoor.function.archive: "../../dist/none.zip": must be a zip archive`,
	} {
		loaded, err := declared.LoadStack(".", "dev", map[string]string{key: "dist/none.zip"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := declared.By(loaded); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", key, err, want)
		}
	}
}

func TestTwoStandInsMakeUpDifferentValues(t *testing.T) {
	in := func(seed string) *declared.Graph {
		return declaredtest.Changed(t, "dev", declaredtest.Everything(), func(s *declared.Stack) { s.Seed = seed })
	}
	first, second := in("first").Resources(), in("second").Resources()
	same := 0
	for i, r := range first {
		if strings.HasPrefix(r.Type, "aws") && r.ID == second[i].ID {
			t.Logf("%s %s: both have the id %s", r.Type, r.Name, r.ID)
			same++
		}
	}
	if want := 5; same != want { // both custom domains with their records, whose names the configuration gives, and the stage
		t.Errorf("%d of %d resources have one id under both, want %d", same, len(first), want)
	}
}
