package validator_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/validator"
)

func TestClientsAreReadWithTheRuleTheyShare(t *testing.T) {
	got, err := validator.ParseClients(`[
		{"ids": ["a", "b"]},
		{"groups": ["clinicians", "nurses"], "ids": ["c"], "fhirUserTypes": ["Practitioner", "PractitionerRole"]}
	]`)
	want := []validator.Client{
		{ID: "a"}, {ID: "b"},
		{ID: "c", FHIRUserTypes: []string{"Practitioner", "PractitionerRole"}, Groups: []string{"clinicians", "nurses"}},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, error %v", got, err)
	}
}

func TestClientsAreReadStrictly(t *testing.T) {
	for _, text := range []string{
		``, `null`, `{}`, `[]`, `"a"`, `["a"]`, `a,b`, `[{}]`, `[{"ids":[]}]`, `[{"ids":"a"}]`, `[{"ids":[1]}]`, `[{"ids":["a"]},]`,
		`[{"ids":["a"]}] ` + "x", `[{"ids":["a"],"ids":["b"]}]`, `[{"IDs":["a"]}]`, `[{"ids":["a"],"group":["x"]}]`,
		`[{"ids":["a"],"groups":null}]`, `[{"ids":["a"],"groups":[]}]`, `[{"ids":["a"],"fhirUserTypes":"Practitioner"}]`,
		`[{"ids":["a"],"fhirUserTypes":[]}]`, `[{"groups":["x"]}]`,
	} {
		if got, err := validator.ParseClients(text); err == nil || !strings.HasPrefix(err.Error(), "must be a JSON list of objects with ids") {
			t.Errorf("%s: got %+v, error %v", text, got, err)
		}
	}
	for text, want := range map[string]string{
		`[{"ids":["a","a"]}]`:                              `Clients: "a": listed twice; list each client once`,
		`[{"ids":["a"]},{"ids":["a"],"groups":["x"]}]`:     `Clients: "a": listed twice; list each client once`,
		`[{"ids":[""]}]`:                                   `Clients: a client has no ID; set it to the client_id in its tokens`,
		`[{"ids":["a"],"fhirUserTypes":["practitioner"]}]`: `Clients: "a": FHIRUserTypes: "practitioner": must be one of Patient, Person, Practitioner, PractitionerRole, RelatedPerson`,
		`[{"ids":["a"],"groups":[""]}]`:                    `Clients: "a": Groups: "": must be the name of a group`,
	} {
		if _, err := validator.ParseClients(text); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}
