package synthetic

// coded is a code with the words for it.
type coded struct{ code, display string }

const (
	loinc  = "http://loinc.org"
	snomed = "http://snomed.info/sct"
	rxnorm = "http://www.nlm.nih.gov/research/umls/rxnorm"
	cvx    = "http://hl7.org/fhir/sid/cvx"
	ucum   = "http://unitsofmeasure.org"
	hl7    = "http://terminology.hl7.org/CodeSystem/"
)

var (
	genders  = []string{"female", "male"}
	families = []string{
		"Abara", "Bergström", "Castellanos", "Duarte", "Eklund", "Fujimoto", "Grewal", "Haddad",
		"Ivanova", "Jankowski", "Kowalczyk", "Lindqvist", "Moreau", "Nakamura", "Okafor", "Pereira",
	}
	givens = map[string][]string{
		"female": {"Ada", "Chiyo", "Esme", "Greta", "Ines", "Katya", "Maren", "Olivia", "Priya", "Rosa"},
		"male":   {"Benicio", "Darius", "Farid", "Hugo", "Jonas", "Levi", "Mateo", "Noah", "Paul", "Sven"},
	}
	towns = []struct{ street, city, state, postalCode string }{
		{"Shore Road", "Springfield", "MA", "01103"},
		{"Mill Street", "Worcester", "MA", "01608"},
		{"Orchard Lane", "Lowell", "MA", "01851"},
		{"Station Avenue", "Quincy", "MA", "02169"},
	}
	languages = []coded{{"en", "English"}, {"en", "English"}, {"en", "English"}, {"es", "Spanish"}}
)

// condition is one of SNOMED CT's.
type condition struct {
	coded
	medication coded // of RxNorm, that is prescribed for it
	dose       string
	adult      bool // rare in children
}

const (
	diabetes     = "44054006"
	hypertension = "38341003"
)

// chronic conditions last.
var chronic = []condition{
	{coded{diabetes, "Diabetes mellitus type 2"}, coded{"860975", "metformin hydrochloride 500 MG Oral Tablet"}, "One tablet twice a day with meals", true},
	{coded{hypertension, "Hypertensive disorder"}, coded{"314076", "lisinopril 10 MG Oral Tablet"}, "One tablet a day", true},
	{coded{"195967001", "Asthma"}, coded{"745679", "albuterol 0.09 MG/ACTUAT Metered Dose Inhaler"}, "Two puffs as needed", false},
	{coded{"55822004", "Hyperlipidemia"}, coded{"617310", "atorvastatin 20 MG Oral Tablet"}, "One tablet a day, in the evening", true},
	{coded{"40930008", "Hypothyroidism"}, coded{"966224", "levothyroxine sodium 0.05 MG Oral Tablet"}, "One tablet a day before breakfast", true},
}

// acute conditions pass.
var acute = []condition{
	{coded{"36971009", "Sinusitis"}, coded{"308182", "amoxicillin 250 MG Oral Capsule"}, "One capsule three times a day for seven days", false},
	{coded{"10509002", "Acute bronchitis"}, coded{"313782", "acetaminophen 325 MG Oral Tablet"}, "One tablet every six hours as needed", false},
	{coded{"195662009", "Acute viral pharyngitis"}, coded{"313782", "acetaminophen 325 MG Oral Tablet"}, "One tablet every six hours as needed", false},
	{coded{"44465007", "Sprain of ankle"}, coded{"310965", "ibuprofen 200 MG Oral Tablet"}, "One tablet three times a day with food", false},
}

// allergies are SNOMED CT codes of allergies, with the category of the allergy.
var allergies = []struct {
	coded
	category string
}{
	{coded{"91936005", "Allergy to penicillin"}, "medication"},
	{coded{"91935009", "Allergy to peanut"}, "food"},
	{coded{"300913006", "Allergy to shellfish"}, "food"},
	{coded{"419474003", "Allergy to mold"}, "environment"},
}

// noKnownAllergy says that there is none.
var noKnownAllergy = coded{"716186003", "No known allergy"}

// vaccines are CVX codes.
var vaccines = []coded{
	{"140", "Influenza, seasonal, injectable, preservative free"},
	{"115", "Tdap"},
	{"133", "Pneumococcal conjugate PCV 13"},
	{"208", "COVID-19, mRNA, LNP-S, PF, 30 mcg/0.3 mL dose"},
}

// laboratory are results of a blood sample, in tenths of their unit.
var laboratory = []struct {
	coded
	unit      string
	low, high int // of a healthy person
}{
	{coded{"2339-0", "Glucose [Mass/volume] in Blood"}, "mg/dL", 700, 1100},
	{coded{"718-7", "Hemoglobin [Mass/volume] in Blood"}, "g/dL", 120, 170},
	{coded{"4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood"}, "%", 40, 56},
	{coded{"2160-0", "Creatinine [Mass/volume] in Serum or Plasma"}, "mg/dL", 6, 12},
	{coded{"2093-3", "Cholesterol [Mass/volume] in Serum or Plasma"}, "mg/dL", 1250, 2000},
}

// smoking are answers to LOINC's 72166-2.
var smoking = []coded{
	{"266919005", "Never smoked tobacco"},
	{"266919005", "Never smoked tobacco"},
	{"8517006", "Ex-smoker"},
	{"77176002", "Smoker"},
}
