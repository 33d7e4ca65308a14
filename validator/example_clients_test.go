package validator_test

import (
	"fmt"

	"github.com/smartlake/pulumi-smartlake/validator"
)

// The environment variable CLIENTS of the function.
func ExampleParseClients() {
	clients, err := validator.ParseClients(`[
		{"ids": ["1service23456789"]},
		{"ids": ["2app23456789", "3app23456789"], "fhirUserTypes": ["Practitioner"], "groups": ["clinicians"]}
	]`)
	for _, client := range clients {
		fmt.Println(client.ID, client.FHIRUserTypes, client.Groups)
	}
	fmt.Println(err)
	_, err = validator.ParseClients(`[{"ids": ["2app23456789"], "fhirUserTypes": ["Doctor"]}]`)
	fmt.Println(err)
	// Output:
	// 1service23456789 [] []
	// 2app23456789 [Practitioner] [clinicians]
	// 3app23456789 [Practitioner] [clinicians]
	// <nil>
	// Clients: "2app23456789": FHIRUserTypes: "Doctor": must be one of Patient, Person, Practitioner, PractitionerRole, RelatedPerson
}

func ExampleNew_refused() {
	_, err := validator.New(validator.Config{Clients: []validator.Client{{ID: "2app23456789"}}})
	fmt.Println(err)
	// Output:
	// Issuers: missing; add at least one issuer
	// ReadRoleARN: missing; must be the ARN of an IAM role
	// WriteRoleARN: missing; must be the ARN of an IAM role
	// ExportRoleARN: missing; must be the ARN of an IAM role
	// Strategy: "": must be SMART_ON_FHIR or SMART_ON_FHIR_V1
}
