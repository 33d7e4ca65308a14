package smart_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/smart"
)

func filters(typ, name string) bool {
	_, err := smart.ParseScope("system/" + typ + ".rs?" + name + "=x")
	return err == nil
}

// The samples are from the pages of https://hl7.org/fhir/R4, section "Search Parameters".
func TestATypeIsFilteredByItsOwnSearchParameters(t *testing.T) {
	for typ, names := range map[string]string{
		"Patient": "active address address-city address-country address-postalcode address-state address-use birthdate death-date deceased " +
			"email family gender general-practitioner given identifier language link name organization phone phonetic telecom",
		"Condition": "abatement-age abatement-date abatement-string asserter body-site category clinical-status code encounter evidence " +
			"evidence-detail identifier onset-age onset-date onset-info patient recorded-date severity stage subject verification-status",
		"Location": "address address-city address-country address-postalcode address-state address-use endpoint identifier name " +
			"operational-status organization partof status type",
	} {
		for _, other := range []string{"Patient", "Condition", "Location"} {
			for name := range strings.FieldsSeq(names) {
				if typ == other && !filters(typ, name) {
					t.Errorf("%s is not filtered by %s", typ, name)
				}
			}
		}
		for _, name := range []string{"near", "category ", " category", "", "-", "s", "x", "vaccine-code", "patient-name"} {
			if filters(typ, name) {
				t.Errorf("%s is filtered by %q", typ, name)
			}
		}
	}
}

func TestTheTableOfFiltersIsThatOfFHIRR4(t *testing.T) {
	types, pairs, counts := smart.ResourceTypes(), 0, map[string]int{}
	for _, typ := range types {
		names := smart.Filters(typ)
		if !smart.IsResourceType(typ) || !slices.IsSorted(names) {
			t.Errorf("%s: known %t, filters %v", typ, smart.IsResourceType(typ), names)
		}
		for _, name := range names {
			if !filters(typ, name) || strings.HasPrefix(name, "_") {
				t.Errorf("%s is not filtered by %s", typ, name)
			}
		}
		pairs, counts[typ] = pairs+len(names), len(names)
	}
	if len(types) != 146 || !slices.IsSorted(types) || pairs != 1625 {
		t.Errorf("%d resource types and %d filters, want 146, sorted, and 1625", len(types), pairs)
	}
	for typ, want := range map[string]int{
		"Account": 8, "Binary": 0, "Coverage": 11, "DetectedIssue": 6, "Encounter": 23, "Location": 14, "Observation": 30, "Patient": 23, "VisionPrescription": 6,
	} {
		if counts[typ] != want {
			t.Errorf("%s has %d filters, want %d: %v", typ, counts[typ], want, smart.Filters(typ))
		}
	}
}

// A filter is looked for in every request, and the table is there before the first.
func BenchmarkParseFilteredScope(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := smart.ParseScope("patient/VisionPrescription.rs?status=active"); err != nil {
			b.Fatal(err)
		}
	}
}
