package local_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// answered reads a Bundle, or fails.
func answered(t *testing.T, status int, text string) (names []string, next string) {
	t.Helper()
	var bundle struct {
		Link  []struct{ Relation, URL string }
		Entry []struct {
			FullURL  string
			Resource struct{ ResourceType, ID string }
		}
	}
	if err := json.Unmarshal([]byte(text), &bundle); err != nil || status != http.StatusOK {
		t.Fatalf("%d %v: %s", status, err, text)
	}
	for _, entry := range bundle.Entry {
		names = append(names, entry.Resource.ResourceType+"/"+entry.Resource.ID)
	}
	for _, link := range bundle.Link {
		if link.Relation == "next" {
			next = link.URL
		}
	}
	return names, next
}

func TestASearchThroughTheFrontDoorIsTheSameSearch(t *testing.T) {
	cloud := start(t, "dev", behindADoor)
	a := newApp(t, cloud)
	token := a.token("etl", "system/*.*")
	for _, query := range []string{
		"Observation?subject=BASE" + "Patient/patient-001&_sort=-date&_count=5&_include=Observation:encounter",
		"Observation?patient=patient-001&date=" + url.QueryEscape("ge2000-01-01T00:00:00+01:00") + "&code=" + url.QueryEscape("http://loinc.org|8867-4,x"),
		"Patient?family:contains=a&birthdate=lt2000&_elements=name&_sort=birthdate",
		"Patient?_id=patient-001&_revinclude=Encounter:patient&_summary=data",
	} {
		at := func(base string) ([]string, string) {
			status, _, text := a.get(base+strings.ReplaceAll(query, "BASE", url.QueryEscape(base)), token)
			return answered(t, status, text)
		}
		direct, _ := at(cloud.Datastore)
		through, next := at(cloud.FHIRBase)
		if strings.Join(direct, " ") != strings.Join(through, " ") || len(direct) == 0 {
			t.Errorf("%s: direct %v, through the front door %v", query, direct, through)
		}
		if next != "" {
			status, _, text := a.get(next, token)
			if more, _ := answered(t, status, text); !strings.HasPrefix(next, cloud.FHIRBase) || len(more) == 0 || more[0] == through[0] {
				t.Errorf("%s: the next page at %s holds %v", query, next, more)
			}
		}
	}
}

func TestTheCapabilityStatementOfTheFrontDoorIsTheDatastores(t *testing.T) {
	cloud := start(t, "dev", behindADoor)
	a := newApp(t, cloud)
	status, _, text := a.get(cloud.FHIRBase+"metadata", "")
	var statement struct {
		Rest []struct {
			Resource []struct {
				Type             string
				SearchParam      []struct{ Name, Type string }
				SearchInclude    []string
				SearchRevInclude []string
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &statement); err != nil || status != http.StatusOK {
		t.Fatalf("%d %v: %.300s", status, err, text)
	}
	for _, of := range statement.Rest[0].Resource {
		if of.Type != "Appointment" {
			continue
		}
		var parameters []string
		for _, parameter := range of.SearchParam {
			parameters = append(parameters, parameter.Name+" "+parameter.Type)
		}
		if got := strings.Join(parameters, ", "); !strings.Contains(got, "date date") || !strings.Contains(got, "patient reference") {
			t.Errorf("Appointment is searched by %s", got)
		}
		if got := strings.Join(of.SearchInclude, " "); !strings.Contains(got, "Appointment:patient") {
			t.Errorf("Appointment includes %s", got)
		}
		if got := strings.Join(of.SearchRevInclude, " "); !strings.Contains(got, "AppointmentResponse:appointment") {
			t.Errorf("Appointment is included with %s", got)
		}
		t.Logf("%d bytes", len(text))
		return
	}
	t.Errorf("no Appointment in %.300s", text)
}
