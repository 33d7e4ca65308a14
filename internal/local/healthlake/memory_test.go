package healthlake

import (
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/local/fhirsearch"
)

func TestAVersionIsMadeOnTheOneBeforeAndOnNoOther(t *testing.T) {
	m := newMemory("https://127.0.0.1/", pages{}, nil, fhirsearch.Dialect{})
	r := resource{"resourceType": "Patient", "id": "a"}
	for _, step := range []struct {
		after int
		want  bool
	}{{1, false}, {0, true}, {0, false}, {2, false}, {1, true}, {1, false}} {
		if made, ok := m.put("Patient", "a", "PUT", r, step.after); ok != step.want || ok && made.number != step.after+1 {
			t.Errorf("after version %d: got %d %t", step.after, made.number, ok)
		}
	}
	if versions := m.versions("Patient", "a"); len(versions) != 2 || versions[0].number != 1 || versions[1].number != 2 {
		t.Errorf("got %v", versions)
	}
}
