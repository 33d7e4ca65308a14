package smart_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/smartlake/pulumi-smartlake/smart"
)

const (
	rs    = smart.Read | smart.Search
	cud   = smart.Create | smart.Update | smart.Delete
	cruds = rs | cud
)

// reading is what a scope says, without the text that said it.
type reading struct {
	context     smart.Context
	typ         string
	permissions smart.Permissions
	version     smart.Version
	query       []smart.Parameter
}

func read(s smart.Scope) reading {
	return reading{s.Context(), s.Type(), s.Permissions(), s.Version(), s.Query()}
}

// tester is what *testing.T and *rapid.T have in common here.
type tester interface {
	Helper()
	Fatalf(format string, arguments ...any)
}

func mustParse(t tester, text string) smart.Scope {
	t.Helper()
	scope, err := smart.ParseScope(text)
	if err != nil {
		t.Fatalf("ParseScope: %v", err)
	}
	return scope
}

func TestAScopeOfTheGrammarIsRead(t *testing.T) {
	for text, want := range map[string]reading{
		"patient/Observation.read":  {smart.Patient, "Observation", rs, smart.V1, nil},
		"patient/Observation.write": {smart.Patient, "Observation", cud, smart.V1, nil},
		"patient/Observation.*":     {smart.Patient, "Observation", cruds, smart.V1, nil},
		"user/*.read":               {smart.User, "*", rs, smart.V1, nil},
		"system/*.*":                {smart.System, "*", cruds, smart.V1, nil},
		"system/*.write":            {smart.System, "*", cud, smart.V1, nil},

		"patient/Observation.rs": {smart.Patient, "Observation", rs, smart.V2, nil},
		"user/Patient.r":         {smart.User, "Patient", smart.Read, smart.V2, nil},
		"user/Patient.c":         {smart.User, "Patient", smart.Create, smart.V2, nil},
		"user/Patient.u":         {smart.User, "Patient", smart.Update, smart.V2, nil},
		"user/Patient.d":         {smart.User, "Patient", smart.Delete, smart.V2, nil},
		"user/Patient.s":         {smart.User, "Patient", smart.Search, smart.V2, nil},
		"system/*.cruds":         {smart.System, "*", cruds, smart.V2, nil},
		"system/*.cud":           {smart.System, "*", cud, smart.V2, nil},
		"system/Group.cs":        {smart.System, "Group", smart.Create | smart.Search, smart.V2, nil},

		"patient/Observation.rs?category=laboratory": {
			smart.Patient, "Observation", rs, smart.V2,
			[]smart.Parameter{{Name: "category", Value: "laboratory"}},
		},
		"patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory": {
			smart.Patient, "Observation", rs, smart.V2,
			[]smart.Parameter{{Name: "category", Value: "http://terminology.hl7.org/CodeSystem/observation-category|laboratory"}},
		},
		"user/Condition.r?clinical-status=active&code=x%26y": {
			smart.User, "Condition", smart.Read, smart.V2,
			[]smart.Parameter{{Name: "clinical-status", Value: "active"}, {Name: "code", Value: "x&y"}},
		},
		"system/Observation.s?value-string=a+b%3D%2B": {
			smart.System, "Observation", smart.Search, smart.V2,
			[]smart.Parameter{{Name: "value-string", Value: "a+b=+"}},
		},
		"user/Patient.r?identifier=a/b%3Fc.d": {
			smart.User, "Patient", smart.Read, smart.V2,
			[]smart.Parameter{{Name: "identifier", Value: "a/b?c.d"}},
		},
	} {
		t.Run(text, func(t *testing.T) {
			scope := mustParse(t, text)
			if got := read(scope); !reflect.DeepEqual(got, want) {
				t.Errorf("read as %+v, want %+v", got, want)
			}
			if scope.String() != text {
				t.Errorf("printed as %q", scope)
			}
		})
	}
}

func TestATextOutsideTheGrammarIsNoScope(t *testing.T) {
	for _, refused := range []struct {
		text string
		kind error
	}{
		{"", smart.ErrNotResourceScope},
		{"openid", smart.ErrNotResourceScope},
		{"profile", smart.ErrNotResourceScope},
		{"email", smart.ErrNotResourceScope},
		{"phone", smart.ErrNotResourceScope},
		{"fhirUser", smart.ErrNotResourceScope},
		{"launch", smart.ErrNotResourceScope},
		{"launch/patient", smart.ErrNotResourceScope},
		{"offline_access", smart.ErrNotResourceScope},
		{"online_access", smart.ErrNotResourceScope},
		{"Observation.rs", smart.ErrNotResourceScope},
		{"patient/Observation", smart.ErrNotResourceScope},
		{"patient/", smart.ErrNotResourceScope},
		{"patient/?category=laboratory", smart.ErrNotResourceScope},
		{"patient/Observation?x=a.rs", smart.ErrNotResourceScope},
		{"patient/Observation%2Ers", smart.ErrNotResourceScope},

		{"/Observation.rs", smart.ErrContext},
		{"Patient/Observation.rs", smart.ErrContext},
		{"SYSTEM/*.rs", smart.ErrContext},
		{" patient/Observation.rs", smart.ErrContext},
		{"encounter/Observation.rs", smart.ErrContext},
		{"*/Observation.rs", smart.ErrContext},
		{"https://fhir.example/patient.rs", smart.ErrContext},

		{"patient/.rs", smart.ErrResourceType},
		{"patient/observation.rs", smart.ErrResourceType},
		{"patient/Observations.rs", smart.ErrResourceType},
		{"patient/Observation .rs", smart.ErrResourceType},
		{"patient//Observation.rs", smart.ErrResourceType},
		{"patient/Observation/1.rs", smart.ErrResourceType},
		{"patient/**.rs", smart.ErrResourceType},
		{"patient/Observation,Patient.rs", smart.ErrResourceType},
		{"patient/Resource.rs", smart.ErrResourceType},
		{"patient/DomainResource.rs", smart.ErrResourceType},
		{"patient/ActorDefinition.rs", smart.ErrResourceType}, // of R5

		{"patient/Observation.", smart.ErrPermissions},
		{"patient/Observation.dus", smart.ErrPermissions},
		{"patient/Observation.sr", smart.ErrPermissions},
		{"patient/Observation.rr", smart.ErrPermissions},
		{"patient/Observation.crudsc", smart.ErrPermissions},
		{"patient/Observation.RS", smart.ErrPermissions},
		{"patient/Observation.Read", smart.ErrPermissions},
		{"patient/Observation.reads", smart.ErrPermissions},
		{"patient/Observation.readwrite", smart.ErrPermissions},
		{"patient/Observation.**", smart.ErrPermissions},
		{"patient/Observation.*s", smart.ErrPermissions},
		{"patient/Observation.rs.rs", smart.ErrPermissions},
		{"patient/*.*.rs", smart.ErrPermissions},
		{"patient/Observation.r,s", smart.ErrPermissions},
		{"patient/Observation.r s", smart.ErrPermissions},
		{"patient/Observation.rs ", smart.ErrPermissions},
		{"patient/Observation.rs\n", smart.ErrPermissions},
		{"patient/Observation.rx", smart.ErrPermissions},
		{"patient/Observation.v", smart.ErrPermissions},
		{"patient/Observation.?category=laboratory", smart.ErrPermissions},
	} {
		t.Run(refused.text, func(t *testing.T) { assertRefused(t, refused.text, refused.kind) })
	}
}

func TestAFilterThatHealthLakeWouldNotHonorIsRefused(t *testing.T) {
	for name, text := range map[string]string{
		"raw quote":                     "patient/Observation.rs?category=a\"b",
		"raw backslash":                 "patient/Observation.rs?category=a\\b",
		"raw letter outside ASCII":      "patient/Observation.rs?category=é",
		"v1 read":                       "patient/Observation.read?category=laboratory",
		"v1 wildcard permission":        "patient/Observation.*?category=laboratory",
		"wildcard type":                 "patient/*.rs?category=laboratory",
		"empty":                         "patient/Observation.rs?",
		"name alone":                    "patient/Observation.rs?category",
		"no value":                      "patient/Observation.rs?category=",
		"no name":                       "patient/Observation.rs?=laboratory",
		"trailing ampersand":            "patient/Observation.rs?category=laboratory&",
		"two ampersands":                "patient/Observation.rs?category=laboratory&&code=x",
		"second without value":          "patient/Observation.rs?category=laboratory&code",
		"chained":                       "patient/Observation.rs?subject.name=x",
		"chained with type":             "patient/Observation.rs?subject:Patient.name=x",
		"composite":                     "patient/Observation.rs?code-value-quantity=x",
		"composite, its value too":      "patient/Observation.rs?code-value-quantity=x$5",
		"composite value":               "patient/Observation.rs?code=x$5",
		"composite value, encoded":      "patient/Observation.rs?code=x%245",
		"special":                       "system/Location.rs?near=42.25|-83.69",
		"_include":                      "patient/Observation.rs?_include=Observation:subject",
		"_include with modifier":        "patient/Observation.rs?_include:iterate=Observation:subject",
		"_revinclude":                   "patient/Observation.rs?_revinclude=Provenance:target",
		"_has":                          "patient/Observation.rs?_has=x",
		"reverse chain":                 "patient/Patient.rs?_has:Observation:patient:code=x",
		"_include behind another":       "patient/Observation.rs?category=laboratory&_include=Observation:subject",
		"encoded name":                  "patient/Observation.rs?%63ode=x",
		"another type's parameter":      "patient/Observation.rs?clinical-status=active",
		"unknown parameter":             "patient/Observation.rs?categorie=laboratory",
		"part of a parameter":           "patient/Observation.rs?cat=laboratory",
		"two parameters as one":         "patient/Observation.rs?code category=laboratory",
		"parameter in other case":       "patient/Observation.rs?Category=laboratory",
		"of a type without parameters":  "patient/Binary.rs?contenttype=text",
		"of R5":                         "system/DeviceDefinition.rs?classification=x",
		"a known modifier":              "patient/Observation.rs?category:not=laboratory",
		"the modifier of exact":         "patient/Patient.rs?name:exact=x",
		"the modifier of missing":       "patient/Observation.rs?category:missing=false",
		"raw question mark in a value":  "patient/Observation.rs?category=a?b",
		"raw equals sign in a value":    "patient/Observation.rs?category=a=b",
		"two modifiers":                 "patient/Observation.rs?code:in:not=x",
		"empty modifier":                "patient/Observation.rs?code:=x",
		"modifier alone":                "patient/Observation.rs?:in=x",
		"question mark in the name":     "patient/Observation.rs??category=x",
		"white space":                   "patient/Observation.rs?category=a b",
		"encoded space":                 "patient/Observation.rs?category=a%20b",
		"encoded space before a scope":  "patient/Observation.rs?category=a%20system/*.cruds",
		"encoded tab":                   "patient/Observation.rs?category=a%09b",
		"encoded line break":            "patient/Observation.rs?category=a%0Ab",
		"encoded no-break space":        "patient/Observation.rs?category=a%C2%A0b",
		"encoded ideographic space":     "patient/Observation.rs?category=a%E3%80%80b",
		"encoded NUL":                   "patient/Observation.rs?category=%00",
		"encoded DEL":                   "patient/Observation.rs?category=%7F",
		"encoded byte that is no UTF-8": "patient/Observation.rs?category=%FF",
		"surrogate in UTF-8":            "patient/Observation.rs?category=%ED%A0%80",
		"half an escape":                "patient/Observation.rs?category=%2",
		"escape of no hex":              "patient/Observation.rs?category=%zz",
		"percent sign":                  "patient/Observation.rs?category=50%",
	} {
		t.Run(name, func(t *testing.T) { assertRefused(t, text, smart.ErrQuery) })
	}
	// Result parameters say how to answer, and those of every type may not be known.
	for _, name := range []string{
		"_count", "_sort", "_elements", "_summary", "_total", "_contained", "_containedType", "_score", "_format", "_pretty",
		"_id", "_lastUpdated", "_tag", "_profile", "_security", "_source", "_text", "_content", "_query", "_filter", "_list", "_type",
	} {
		t.Run(name, func(t *testing.T) { assertRefused(t, "patient/Observation.rs?"+name+"=1", smart.ErrQuery) })
	}
}

func assertRefused(t *testing.T, text string, kind error) {
	t.Helper()
	scope, err := smart.ParseScope(text)
	if !errors.Is(err, kind) {
		t.Errorf("%q: got error %v, want %v", text, err, kind)
	}
	if !reflect.DeepEqual(scope, smart.Scope{}) {
		t.Errorf("%q: a scope came with the error: %+v", text, scope)
	}
}

func TestARefusalNamesTheTextAndWhatWouldBeAccepted(t *testing.T) {
	for text, want := range map[string]string{
		"openid":                      `"openid": not a SMART resource scope: must be <context>/<type>.<permissions>, such as patient/*.rs`,
		"group/*.rs":                  `"group/*.rs": unknown context: must be patient, user or system`,
		"user/observation.rs":         `"user/observation.rs": unknown FHIR R4 resource type: must be a FHIR R4 resource type or *`,
		"user/*.sr\x1b[2J":            `"user/*.sr\x1b[2J": malformed permissions: must be read, write or * (v1), or letters of cruds in this order (v2)`,
		"user/Patient.read?name=a":    `"user/Patient.read?name=a": filter not accepted: only v2 permissions may carry a filter`,
		"user/*.r?name=a":             `"user/*.r?name=a": filter not accepted: HealthLake filters a concrete resource type only`,
		"user/Patient.r?link.name=a":  `"user/Patient.r?link.name=a": filter not accepted: a filter cannot be a chained parameter; use a parameter of the type itself`,
		"user/Patient.r?name=a%20b":   `"user/Patient.r?name=a%20b": filter not accepted: a value must not hold white space or control characters`,
		"user/Patient.r?name:exact=a": `"user/Patient.r?name:exact=a": filter not accepted: a filter cannot have a modifier; use name=<value>`,
		"user/Patient.r?name=a=b":     `"user/Patient.r?name=a=b": filter not accepted: a value must have ? and = percent-encoded (%3F, %3D)`,
		"user/Patient.r?_count=1":     `"user/Patient.r?_count=1": filter not accepted: "_count" cannot filter Patient; use a search parameter that FHIR R4 defines for this type, except composite and special ones and those of every type such as _id`,
	} {
		if _, err := smart.ParseScope(text); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

func TestResourceTypesAreThoseOfFHIRR4(t *testing.T) {
	for _, name := range []string{"Account", "Observation", "Patient", "MedicationRequest", "List", "VisionPrescription"} {
		if !smart.IsResourceType(name) {
			t.Errorf("%s is a resource type", name)
		}
	}
	for _, name := range []string{
		"", "*", "patient", "Resource", "DomainResource", "BackboneElement",
		"ActorDefinition", "NutritionProduct", // of R5
		"Sequence", "ProcessRequest", // of STU3
	} {
		if smart.IsResourceType(name) {
			t.Errorf("%q is no resource type", name)
		}
	}
}
