package page

import (
	"cmp"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

// record is what the sample app shows of a patient, or of several.
type record struct {
	// Patient in context; nil without one.
	Patient *patient
	// Patients whom the user may see, where there is none in context.
	Patients []patient
	Sections []section
}

// section lists resources of one kind.
type section struct {
	ID, Title string
	Lines     []line
	// More says that there are more, or that some could not be read; empty otherwise.
	More string
}

// line is a resource in a line.
type line struct{ What, Value, When string }

// patient holds the few elements that the page shows.
type patient struct {
	ID        string `json:"id"`
	BirthDate string `json:"birthDate"`
	Gender    string `json:"gender"`
	Names     []struct {
		Text   string   `json:"text"`
		Family string   `json:"family"`
		Given  []string `json:"given"`
	} `json:"name"`
}

// Name is the first one.
func (p patient) Name() string {
	if len(p.Names) == 0 {
		return cmp.Or(p.ID, "without a name")
	}
	name := p.Names[0]
	return cmp.Or(strings.TrimSpace(strings.Join(name.Given, " ")+" "+name.Family), name.Text, p.ID)
}

// concept is a CodeableConcept.
type concept struct {
	Text   string `json:"text"`
	Coding []struct {
		Display string `json:"display"`
		Code    string `json:"code"`
	} `json:"coding"`
}

func (c concept) String() string {
	if c.Text != "" {
		return c.Text
	}
	for _, coding := range c.Coding {
		if name := cmp.Or(coding.Display, coding.Code); name != "" {
			return name
		}
	}
	return ""
}

// clinical holds the elements of the five types that the page shows.
type clinical struct {
	Code       concept   `json:"code"`
	Medication concept   `json:"medicationCodeableConcept"`
	Vaccine    concept   `json:"vaccineCode"`
	Category   concepts  `json:"category"`
	Reference  reference `json:"medicationReference"`

	measured
	Component []struct {
		Code concept `json:"code"`
		measured
	} `json:"component"`

	ClinicalStatus concept `json:"clinicalStatus"`
	Status         string  `json:"status"`
	Criticality    string  `json:"criticality"`
	Dosage         []struct {
		Text string `json:"text"`
	} `json:"dosageInstruction"`

	Effective  string `json:"effectiveDateTime"`
	Onset      string `json:"onsetDateTime"`
	Authored   string `json:"authoredOn"`
	Occurrence string `json:"occurrenceDateTime"`
	Recorded   string `json:"recordedDate"`
	Issued     string `json:"issued"`
	Period     struct {
		Start string `json:"start"`
	} `json:"effectivePeriod"`
}

type reference struct {
	Display string `json:"display"`
	To      string `json:"reference"`
}

// concepts are several, or the codes of an AllergyIntolerance, which are not shown.
type concepts []concept

// UnmarshalJSON implements json.Unmarshaler.
func (c *concepts) UnmarshalJSON(content []byte) error {
	var several []concept
	if json.Unmarshal(content, &several) == nil {
		*c = several
	}
	return nil
}

// measured is a value[x].
type measured struct {
	Quantity struct {
		Value json.Number `json:"value"`
		Unit  string      `json:"unit"`
	} `json:"valueQuantity"`
	Concept concept      `json:"valueCodeableConcept"`
	Text    string       `json:"valueString"`
	Integer *json.Number `json:"valueInteger"`
	Boolean *bool        `json:"valueBoolean"`
}

func (m measured) String() string {
	switch {
	case m.Quantity.Value != "":
		return strings.TrimSpace(m.Quantity.Value.String() + " " + m.Quantity.Unit)
	case m.Integer != nil:
		return m.Integer.String()
	case m.Boolean != nil && *m.Boolean:
		return "yes"
	case m.Boolean != nil:
		return "no"
	default:
		return cmp.Or(m.Concept.String(), m.Text)
	}
}

// line shows a resource.
func (c clinical) line() line {
	value := c.String()
	for _, part := range c.Component {
		value = strings.TrimPrefix(value+", "+part.Code.String()+" "+part.String(), ", ")
	}
	if value == "" && len(c.Dosage) > 0 {
		value = c.Dosage[0].Text
	}
	when := cmp.Or(c.Effective, c.Period.Start, c.Onset, c.Authored, c.Occurrence, c.Recorded, c.Issued)
	day, _, _ := strings.Cut(when, "T")
	return line{
		What:  cmp.Or(c.Code.String(), c.Medication.String(), c.Vaccine.String(), c.Reference.Display, c.Reference.To, "without a name"),
		Value: cmp.Or(value, c.Criticality, c.ClinicalStatus.String(), c.Status),
		When:  day,
	}
}

// kinds are the resources of a record, in the order of the page.
var kinds = []struct{ typ, title string }{
	{"Condition", "Conditions"},
	{"Observation", "Observations"},
	{"MedicationRequest", "Medications"},
	{"AllergyIntolerance", "Allergies"},
	{"Immunization", "Immunizations"},
}

// searchOf a kind for a patient.
func searchOf(typ, patient string) string {
	return typ + "?_count=50&patient=" + url.QueryEscape(patient)
}

// bundle is a searchset, whose resources are read one by one: one that has another shape hides
// no other.
type bundle struct {
	Total *int `json:"total"`
	Entry []struct {
		Resource json.RawMessage `json:"resource"`
	} `json:"entry"`
}

// read reads the resources of a type, and counts those that it cannot.
func read[T any](b bundle) (found []T, unreadable int) {
	for _, entry := range b.Entry {
		var one T
		if json.Unmarshal(entry.Resource, &one) != nil {
			unreadable++
			continue
		}
		found = append(found, one)
	}
	return found, unreadable
}

// sectionsOf a kind: one, and of observations one for each category.
func sectionsOf(title string, b bundle) []section {
	resources, unreadable := read[clinical](b)
	grouped := map[string][]line{}
	titles := []string{}
	for _, resource := range resources {
		name := title
		if title == "Observations" && len(resource.Category) > 0 {
			name += ": " + resource.Category[0].String()
		}
		if _, ok := grouped[name]; !ok {
			titles = append(titles, name)
		}
		grouped[name] = append(grouped[name], resource.line())
	}
	slices.Sort(titles)
	var sections []section
	for _, name := range titles {
		lines := grouped[name]
		slices.SortStableFunc(lines, func(a, b line) int { return strings.Compare(b.When, a.When) })
		sections = append(sections, section{Title: name, Lines: lines})
	}
	if len(sections) == 0 {
		sections = []section{{Title: title}}
	}
	last := &sections[len(sections)-1]
	if b.Total != nil && *b.Total > len(b.Entry) {
		last.More = "The app read the first page. There are more."
	}
	if unreadable > 0 {
		last.More = strings.TrimSpace(last.More + " Some resources have another shape than FHIR R4 and are left out.")
	}
	return sections
}
