package healthlake

import (
	"slices"
	"strings"
)

// compartment says for each type of the Patient compartment of FHIR R4 which
// elements tie a resource to its patient
// (https://hl7.org/fhir/R4/compartmentdefinition-patient.html; the definition
// names search parameters, here are the elements that they search). A type that is
// not listed is in no patient's compartment.
//
// Patient itself is in by its id alone. R4 counts a Patient that is linked to
// another as well; R5 took that back, and a grant for one patient does not open
// another's record here.
var compartment = map[string][]string{
	"Account":                     {"subject"},
	"AdverseEvent":                {"subject"},
	"AllergyIntolerance":          {"patient", "recorder", "asserter"},
	"Appointment":                 {"participant.actor"},
	"AppointmentResponse":         {"actor"},
	"AuditEvent":                  {"agent.who", "entity.what"},
	"Basic":                       {"subject", "author"},
	"BodyStructure":               {"patient"},
	"CarePlan":                    {"subject", "activity.detail.performer"},
	"CareTeam":                    {"subject", "participant.member"},
	"ChargeItem":                  {"subject"},
	"Claim":                       {"patient", "payee.party"},
	"ClaimResponse":               {"patient"},
	"ClinicalImpression":          {"subject"},
	"Communication":               {"subject", "sender", "recipient"},
	"CommunicationRequest":        {"subject", "sender", "recipient", "requester"},
	"Composition":                 {"subject", "author", "attester.party"},
	"Condition":                   {"subject", "asserter"},
	"Consent":                     {"patient"},
	"Coverage":                    {"policyHolder", "subscriber", "beneficiary", "payor"},
	"CoverageEligibilityRequest":  {"patient"},
	"CoverageEligibilityResponse": {"patient"},
	"DetectedIssue":               {"patient"},
	"DeviceRequest":               {"subject", "performer"},
	"DeviceUseStatement":          {"subject"},
	"DiagnosticReport":            {"subject"},
	"DocumentManifest":            {"subject", "author", "recipient"},
	"DocumentReference":           {"subject", "author"},
	"Encounter":                   {"subject"},
	"EnrollmentRequest":           {"candidate"},
	"EpisodeOfCare":               {"patient"},
	"ExplanationOfBenefit":        {"patient", "payee.party"},
	"FamilyMemberHistory":         {"patient"},
	"Flag":                        {"subject"},
	"Goal":                        {"subject"},
	"Group":                       {"member.entity"},
	"ImagingStudy":                {"subject"},
	"Immunization":                {"patient"},
	"ImmunizationEvaluation":      {"patient"},
	"ImmunizationRecommendation":  {"patient"},
	"Invoice":                     {"subject", "recipient"},
	"List":                        {"subject", "source"},
	"MeasureReport":               {"subject"},
	"Media":                       {"subject"},
	"MedicationAdministration":    {"subject", "performer.actor"},
	"MedicationDispense":          {"subject", "receiver"},
	"MedicationRequest":           {"subject"},
	"MedicationStatement":         {"subject"},
	"MolecularSequence":           {"patient"},
	"NutritionOrder":              {"patient"},
	"Observation":                 {"subject", "performer"},
	"Patient":                     nil, // by its id
	"Person":                      {"link.target"},
	"Procedure":                   {"subject", "performer.actor"},
	"Provenance":                  {"target"},
	"QuestionnaireResponse":       {"subject", "author"},
	"RelatedPerson":               {"patient"},
	"RequestGroup":                {"subject", "action.participant"},
	"ResearchSubject":             {"individual"},
	"RiskAssessment":              {"subject"},
	"Schedule":                    {"actor"},
	"ServiceRequest":              {"subject", "performer"},
	"Specimen":                    {"subject"},
	"SupplyDelivery":              {"patient"},
	"SupplyRequest":               {"deliverTo"},
	"VisionPrescription":          {"patient"},
}

// inCompartments reports whether resources of a type are in patients' compartments.
func inCompartments(typ string) bool {
	_, ok := compartment[typ]
	return ok
}

// patients returns the ids of the patients in whose compartments a resource is.
func (r resource) patients() []string {
	if r.typ() == "Patient" {
		return []string{r.id()}
	}
	var ids []string
	for _, path := range compartment[r.typ()] {
		for _, reference := range r.references(path) {
			if id, ok := strings.CutPrefix(reference, "Patient/"); ok {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// about reports whether a resource is in the compartment of a patient.
func (r resource) about(patient string) bool {
	return patient != "" && slices.Contains(r.patients(), patient)
}

// aboutAnother reports whether the elements that say whom a resource is about name
// anything else than a patient: another one, a group, or what cannot be resolved.
func (r resource) aboutAnother(patient string) bool {
	for _, element := range []string{"subject", "patient"} {
		for _, value := range r.at(element) {
			if found := (resource{element: value}).references(element); !slices.Equal(found, []string{"Patient/" + patient}) {
				return true
			}
		}
	}
	return false
}
