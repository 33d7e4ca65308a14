package healthlake

import (
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/local/fhirsearch"
)

// One that was refused would leave a resource in fewer compartments than it is.
func TestEveryParameterOfTheCompartmentIsCompared(t *testing.T) {
	if len(compartmentDefinition) != 66 {
		t.Errorf("%d types are in compartments, want 66", len(compartmentDefinition))
	}
	for typ, names := range compartmentDefinition {
		for name := range strings.FieldsSeq(names) {
			p, err := fhirsearch.Find(typ, name)
			if err != nil || p.Kind != fhirsearch.Reference || p.LeftOut != "" || len(p.Paths()) == 0 {
				t.Errorf("%s of %s: %+v, %v", name, typ, p, err)
			}
		}
	}
}
