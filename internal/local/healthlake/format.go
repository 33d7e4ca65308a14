package healthlake

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// formatParameters are the parameters of every interaction
// (https://hl7.org/fhir/R4/http.html#parameters).
var formatParameters = []string{"_format", "_pretty"}

// formats are the values of _format for JSON. A plus that is not encoded arrives as a space.
var formats = []string{"json", "application/json", "application/fhir+json", "application/fhir json"}

// present reads how an answer is to be written, and does so.
func present(w http.ResponseWriter, form url.Values) error {
	for _, value := range form["_format"] {
		if !slices.Contains(formats, value) {
			return &refusal{http.StatusNotAcceptable, "not-supported", "_format: " + strconv.Quote(value) + ": must be json or application/fhir+json, which HealthLake serves"}
		}
	}
	for _, value := range form["_pretty"] {
		if value != "true" && value != "false" {
			return badParameter("_pretty", strconv.Quote(value)+": must be true or false")
		}
		if r, ok := w.(*reporter); ok {
			r.indent = value == "true"
		}
	}
	return nil
}
