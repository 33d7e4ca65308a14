package synthetic_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/smartlake/pulumi-smartlake/internal/local/healthlake/synthetic"
)

// HL7's JSON schema of FHIR R4 is too large to keep here: .ci/run fetches it.
func TestEveryResourceIsValidByHL7sJSONSchema(t *testing.T) {
	directory := os.Getenv("FHIR_DEFINITIONS")
	if directory == "" {
		t.Skip("FHIR_DEFINITIONS names no directory of HL7's definitions")
	}
	of := schemas(t, filepath.Join(directory, "fhir.schema.json"))
	for _, seed := range []uint64{1, 2, 3} {
		for _, r := range synthetic.Resources(seed) {
			if err := of(t, text(t, r, "resourceType")).Validate(plain(t, r)); err != nil {
				t.Fatalf("%s/%s of seed %d: %v", r["resourceType"], r["id"], seed, err)
			}
		}
	}
	for name, edit := range map[string]func(map[string]any){
		"an element that R4 does not have": func(r map[string]any) { r["nickname"] = "Ada" },
		"a code that R4 does not have":     func(r map[string]any) { r["gender"] = "f" },
		"a text for a boolean":             func(r map[string]any) { r["active"] = "true" },
		"an object for a list":             func(r map[string]any) { r["name"] = map[string]any{"family": "Abara"} },
	} {
		patient := ofTypes(synthetic.Resources(1))["Patient"][0]
		edit(patient)
		if of(t, "Patient").Validate(plain(t, patient)) == nil {
			t.Errorf("%s: valid", name)
		}
	}
}

// schemas compiles the definitions of single types: the schema of any resource would try
// each of a hundred and fifty types.
func schemas(t *testing.T, path string) func(t *testing.T, typ string) *jsonschema.Schema {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	document, err := jsonschema.UnmarshalJSON(file)
	if err != nil {
		t.Fatal(err)
	}
	leaveDanglingOut(t, document)
	const at = "https://hl7.org/fhir/R4/fhir.schema.json"
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(at, document); err != nil {
		t.Fatal(err)
	}
	compiled := map[string]*jsonschema.Schema{}
	return func(t *testing.T, typ string) *jsonschema.Schema {
		t.Helper()
		if compiled[typ] == nil {
			schema, err := compiler.Compile(at + "#/definitions/" + typ)
			if err != nil {
				t.Fatal(err)
			}
			compiled[typ] = schema
		}
		return compiled[typ]
	}
}

// leaveDanglingOut takes those types of resources out of the schema that it does not
// define: the package adds some of its own to HL7's.
func leaveDanglingOut(t *testing.T, document any) {
	t.Helper()
	schema, _ := document.(map[string]any)
	definitions, _ := schema["definitions"].(map[string]any)
	contained, _ := definitions["ResourceList"].(map[string]any)
	dangling := func(one any) bool {
		object, _ := one.(map[string]any)
		to, _ := object["$ref"].(string)
		return definitions[strings.TrimPrefix(to, "#/definitions/")] == nil
	}
	for _, of := range []map[string]any{schema, contained} {
		types, _ := of["oneOf"].([]any)
		of["oneOf"] = slices.DeleteFunc(types, dangling)
		if len(types) < 146 {
			t.Fatalf("the schema knows %d resource types", len(types))
		}
	}
}

// plain is a resource as it is read.
func plain(t *testing.T, r map[string]any) any {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(ndjson(t, []map[string]any{r})))
	if err != nil {
		t.Fatal(err)
	}
	return value
}
