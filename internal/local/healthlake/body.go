package healthlake

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

var errTooLarge = &refusal{http.StatusRequestEntityTooLarge, "too-long", "the request is too large; must be at most " + strconv.Itoa(maxBody>>20) + " MiB"}

// required are elements that FHIR R4 wants in a resource of some types. It is no
// validation against the specification, but enough to meet a refusal with 422.
var required = map[string][]string{
	"AllergyIntolerance": {"patient"},
	"Condition":          {"subject"},
	"DocumentReference":  {"status", "content"},
	"Encounter":          {"status", "class"},
	"Immunization":       {"status", "vaccineCode", "patient"},
	"MedicationRequest":  {"status", "intent", "subject"},
	"Observation":        {"status", "code"},
}

// readResource reads the body of a create (id "") or an update.
func readResource(r *http.Request, endpoint, typ, id string) (resource, error) {
	got, err := readBody(r)
	if err != nil {
		return nil, err
	}
	if got.typ() != typ {
		return nil, &refusal{http.StatusBadRequest, "invalid", "resourceType: must be " + typ + ", as in the URL; got " + strconv.Quote(got.typ())}
	}
	if id != "" && got.id() != id {
		return nil, &refusal{http.StatusBadRequest, "invalid", "id: must be " + id + ", as in the URL; got " + strconv.Quote(got.id())}
	}
	if missing := slices.DeleteFunc(slices.Clone(required[typ]), func(element string) bool { return len(got.at(element)) > 0 }); len(missing) > 0 {
		return nil, &refusal{http.StatusUnprocessableEntity, "required", typ + ": missing elements; add " + strings.Join(missing, ", ")}
	}
	return resource(relativeReferences(map[string]any(got), endpoint).(map[string]any)), nil
}

// readBody reads a body that is one resource.
func readBody(r *http.Request) (resource, error) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/fhir+json" && media != "application/json" {
		return nil, &refusal{http.StatusUnsupportedMediaType, "not-supported", "Content-Type: must be application/fhir+json or application/json"}
	}
	body, err := io.ReadAll(r.Body)
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, errTooLarge
	}
	if err != nil {
		return nil, &refusal{http.StatusBadRequest, "invalid", "the body did not arrive whole"}
	}
	got, err := parseResource(body)
	if err != nil {
		return nil, &refusal{http.StatusBadRequest, "structure", "the body: " + err.Error()}
	}
	return got, nil
}

// parseResource reads one JSON object. Numbers keep their digits: 1.0 is not 1 in FHIR.
func parseResource(body []byte) (resource, error) {
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	decoder.UseNumber()
	var parsed map[string]any
	if err := decoder.Decode(&parsed); err != nil {
		return nil, fmt.Errorf("must be a JSON object: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) || parsed == nil {
		return nil, errors.New("must be one JSON object, with nothing after it")
	}
	return parsed, nil
}
