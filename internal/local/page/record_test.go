package page_test

import (
	"reflect"
	"testing"

	"golang.org/x/oauth2"

	"github.com/smartlake/pulumi-smartlake/internal/local/page"
)

func TestTheRecordReadsWhatAFHIRServerHas(t *testing.T) {
	const more = "The app read the first page. There are more."
	for _, c := range []struct {
		name, title, searchset string
		want                   []page.Section
	}{
		{"observations by category", "Observations", `{"total": 9, "entry": [
			{"resource": {"category": [{"coding": [{"code": "vital-signs", "display": "Vital Signs"}]}], "code": {"text": "Heart rate"}, "effectiveDateTime": "2025-01-02T10:00:00Z", "valueQuantity": {"value": 72.50, "unit": "/min"}}},
			{"resource": {"category": [{"text": "Laboratory"}], "code": {"coding": [{"code": "2339-0"}]}, "valueCodeableConcept": {"text": "high"}}},
			{"resource": {"category": [{"coding": [{"display": "Vital Signs"}]}], "code": {"text": "Blood pressure"}, "effectivePeriod": {"start": "2025-03-01"}, "component": [
				{"code": {"text": "systolic"}, "valueQuantity": {"value": 120, "unit": "mmHg"}}, {"code": {"text": "diastolic"}, "valueInteger": 80}]}},
			{"resource": {"code": {"text": "Smokes"}, "valueBoolean": false}},
			{"resource": {"code": {"text": "Note"}, "valueString": "as before"}}]}`,
			[]page.Section{
				{Title: "Observations", Lines: []page.Line{{What: "Smokes", Value: "no"}, {What: "Note", Value: "as before"}}},
				{Title: "Observations: Laboratory", Lines: []page.Line{{What: "2339-0", Value: "high"}}},
				{Title: "Observations: Vital Signs", Lines: []page.Line{
					{"Blood pressure", "systolic 120 mmHg, diastolic 80", "2025-03-01"}, {"Heart rate", "72.50 /min", "2025-01-02"},
				}, More: more},
			}},
		{"medications", "Medications", `{"entry": [
			{"resource": {"medicationCodeableConcept": {"text": "Aspirin"}, "status": "active", "authoredOn": "2025-01-02"}},
			{"resource": {"medicationReference": {"reference": "Medication/1"}, "dosageInstruction": [{"text": "daily"}]}}]}`,
			[]page.Section{{Title: "Medications", Lines: []page.Line{{"Aspirin", "active", "2025-01-02"}, {"Medication/1", "daily", ""}}}}},
		{"allergies, whose category is a code", "Allergies", `{"entry": [{"resource": {"category": ["food"], "code": {"text": "Nuts"}, "criticality": "high", "recordedDate": "2020"}}]}`,
			[]page.Section{{Title: "Allergies", Lines: []page.Line{{"Nuts", "high", "2020"}}}}},
		{"immunizations", "Immunizations", `{"entry": [{"resource": {"vaccineCode": {"text": "Influenza"}, "status": "completed", "occurrenceDateTime": "2024-10-01"}}]}`,
			[]page.Section{{Title: "Immunizations", Lines: []page.Line{{"Influenza", "completed", "2024-10-01"}}}}},
		{"another shape", "Conditions", `{"entry": [{"resource": {"code": "text"}}, {"resource": {"code": {"text": "Asthma"}, "clinicalStatus": {"coding": [{"code": "active"}]}}}, {"resource": {}}]}`,
			[]page.Section{{Title: "Conditions", Lines: []page.Line{{"Asthma", "active", ""}, {"without a name", "", ""}}, More: "Some resources have another shape than FHIR R4 and are left out."}}},
		{"none", "Conditions", `{"total": 0}`, []page.Section{{Title: "Conditions"}}},
	} {
		got, err := page.SectionsOf(c.title, c.searchset)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v\ngot  %+v\nwant %+v", c.name, err, got, c.want)
		}
	}
}

func TestTheTokenResponseIsShownWithoutItsTokens(t *testing.T) {
	token := (&oauth2.Token{AccessToken: "SECRET", TokenType: "Bearer", RefreshToken: "SECRETS", ExpiresIn: 3600}).WithExtra(map[string]any{
		"id_token": "SECRETID", "scope": "openid", "patient": "p1", "need_patient_banner": true, "unknown": "SECRET",
	})
	want := []page.Claim{
		{"token_type", "Bearer"}, {"expires_in", "3600"}, {"scope", "openid"}, {"patient", "p1"}, {"need_patient_banner", "true"},
		{"access_token", "6 characters, not shown"}, {"id_token", "8 characters, not shown"}, {"refresh_token", "7 characters, not shown"},
	}
	if got := page.ResponseOf(token); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
