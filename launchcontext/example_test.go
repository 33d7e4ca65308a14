package launchcontext_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log"

	"github.com/smartlake/pulumi-smartlake/launchcontext"
)

// A user who is a patient signs in at an app that was granted patient/ scopes. Cognito
// adds to the user's tokens what the answer says.
func Example() {
	trigger, err := launchcontext.New(launchcontext.Config{
		PatientAttribute:  "custom:patient",
		FHIRUserAttribute: "custom:fhirUser",
	})
	if err != nil {
		log.Fatal(err)
	}
	answer, err := trigger.Invoke(context.Background(), []byte(`{
		"version": "2",
		"triggerSource": "TokenGeneration_HostedAuth",
		"callerContext": {"clientId": "2app23456789"},
		"request": {
			"userAttributes": {"custom:patient": "p-1", "custom:fhirUser": "Patient/p-1"},
			"scopes": ["launch/patient", "patient/Observation.rs"]
		},
		"response": {}
	}`))
	if err != nil {
		log.Fatal(err)
	}
	var event struct{ Response json.RawMessage }
	if err := json.Unmarshal(answer, &event); err != nil {
		log.Fatal(err)
	}
	var text bytes.Buffer
	if err := json.Indent(&text, event.Response, "", "  "); err != nil {
		log.Fatal(err)
	}
	fmt.Println(text.String())
	// Output:
	// {
	//   "claimsAndScopeOverrideDetails": {
	//     "idTokenGeneration": {
	//       "claimsToAddOrOverride": {
	//         "patient": "p-1"
	//       }
	//     },
	//     "accessTokenGeneration": {
	//       "claimsToAddOrOverride": {
	//         "patient": "p-1"
	//       }
	//     }
	//   }
	// }
}

func ExampleNew_refused() {
	_, err := launchcontext.New(launchcontext.Config{PatientAttribute: "email", FHIRUserAttribute: "custom:fhirUser"})
	fmt.Println(err)
	// Output:
	// PatientAttribute: "email": must be a custom attribute, custom:<name>
}
