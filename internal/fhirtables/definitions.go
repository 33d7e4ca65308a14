package main

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const fhirVersion = "4.0.1"

// everyType is the type of the search parameters that all resources have. Those of a
// DomainResource, which has a narrative, are among them.
const everyType = "Resource"

// definitions are those of FHIR R4 that the tables are made of.
type definitions struct {
	types       []string                              // resource types, sorted
	elements    map[string]elementDefinition          // by path: "Observation.code", "HumanName.family"
	parameters  map[string]map[string]searchParameter // by resource type and name
	byURL       map[string]searchParameter
	compartment map[string][]string // names of search parameters by resource type, in HL7's order
	sources     []source
}

// elementDefinition is FHIR's ElementDefinition, as far as it is used here.
type elementDefinition struct {
	types     []string // data types
	content   string   // the path of the element whose definition it shares
	mandatory bool
	summary   bool // whether it is part of a summary
}

// source is a file that was read.
type source struct{ name, digest string }

// searchParameter is FHIR's resource of that name, as far as it is used here.
type searchParameter struct {
	ID         string   `json:"id"`
	URL        string   `json:"url"`
	Code       string   `json:"code"`
	Version    string   `json:"version"`
	Base       []string `json:"base"`
	Type       string   `json:"type"`
	Expression string   `json:"expression"`
	Target     []string `json:"target"`
	Component  []struct {
		Definition string `json:"definition"`
		Expression string `json:"expression"`
	} `json:"component"`
}

// load reads HL7's files.
func load(directory string) (definitions, error) {
	if directory == "" {
		return definitions{}, errors.New("-definitions: missing; set it to the directory of HL7's definitions")
	}
	var d definitions
	for _, read := range []struct {
		name string
		into func(*definitions, []byte) error
	}{
		{"profiles-types.json", (*definitions).readStructures},
		{"profiles-resources.json", (*definitions).readStructures},
		{"search-parameters.json", (*definitions).readParameters},
		{"compartmentdefinition-patient.json", (*definitions).readCompartment},
	} {
		text, err := os.ReadFile(filepath.Join(directory, read.name)) //nolint:gosec // the file that this command is told to read
		if err != nil {
			return definitions{}, err
		}
		if err := read.into(&d, text); err != nil {
			return definitions{}, fmt.Errorf("%s: %w", read.name, err)
		}
		d.sources = append(d.sources, source{read.name, fmt.Sprintf("%x", sha256.Sum256(text))})
	}
	return d, nil
}

// inBundle reads the resources of a type in a FHIR Bundle.
func inBundle[R any](text []byte, typ string) ([]R, error) {
	var bundle struct {
		Entry []struct {
			Resource json.RawMessage `json:"resource"`
		} `json:"entry"`
	}
	if err := json.Unmarshal(text, &bundle); err != nil {
		return nil, err
	}
	var found []R
	for _, entry := range bundle.Entry {
		var head struct {
			ResourceType string `json:"resourceType"`
		}
		if err := json.Unmarshal(entry.Resource, &head); err != nil {
			return nil, err
		}
		if head.ResourceType != typ {
			continue
		}
		var r R
		if err := json.Unmarshal(entry.Resource, &r); err != nil {
			return nil, err
		}
		found = append(found, r)
	}
	return found, nil
}

// readStructures reads data types or resource types.
func (d *definitions) readStructures(text []byte) error {
	type element struct {
		Path             string `json:"path"`
		Min              int    `json:"min"`
		IsSummary        bool   `json:"isSummary"`
		ContentReference string `json:"contentReference"`
		Type             []struct {
			Code string `json:"code"`
		} `json:"type"`
	}
	type structure struct {
		FHIRVersion string `json:"fhirVersion"`
		Kind        string `json:"kind"`
		Type        string `json:"type"`
		Abstract    bool   `json:"abstract"`
		Derivation  string `json:"derivation"`
		Snapshot    struct {
			Element []element `json:"element"`
		} `json:"snapshot"`
	}
	structures, err := inBundle[structure](text, "StructureDefinition")
	if err != nil {
		return err
	}
	if d.elements == nil {
		d.elements = map[string]elementDefinition{}
	}
	found := false
	for _, s := range structures {
		if s.FHIRVersion != fhirVersion || s.Kind == "logical" || s.Derivation == "constraint" {
			continue
		}
		found = true
		if s.Kind == "resource" && !s.Abstract {
			d.types = append(d.types, s.Type)
		}
		for _, e := range s.Snapshot.Element {
			definition := elementDefinition{content: strings.TrimPrefix(e.ContentReference, "#"), mandatory: e.Min > 0, summary: e.IsSummary}
			for _, t := range e.Type {
				code := t.Code
				if code == "http://hl7.org/fhirpath/System.String" { // of an id
					code = "string"
				}
				definition.types = append(definition.types, code)
			}
			d.elements[e.Path] = definition
		}
	}
	slices.Sort(d.types)
	if !found {
		return errors.New("no type of FHIR " + fhirVersion)
	}
	return nil
}

func (d *definitions) readParameters(text []byte) error {
	parameters, err := inBundle[searchParameter](text, "SearchParameter")
	if err != nil {
		return err
	}
	d.parameters, d.byURL = map[string]map[string]searchParameter{}, map[string]searchParameter{}
	for _, p := range parameters {
		if p.Version != fhirVersion {
			continue
		}
		d.byURL[p.URL] = p
		for _, typ := range p.Base {
			if typ == "DomainResource" {
				typ = everyType
			}
			if _, known := slices.BinarySearch(d.types, typ); !known && typ != everyType {
				continue // a package's own types
			}
			if d.parameters[typ] == nil {
				d.parameters[typ] = map[string]searchParameter{}
			}
			if _, twice := d.parameters[typ][p.Code]; twice {
				return fmt.Errorf("%s has the search parameter %q twice", typ, p.Code)
			}
			d.parameters[typ][p.Code] = p
		}
	}
	return nil
}

func (d *definitions) readCompartment(text []byte) error {
	var compartment struct {
		Version  string `json:"version"`
		Code     string `json:"code"`
		Resource []struct {
			Code  string   `json:"code"`
			Param []string `json:"param"`
		} `json:"resource"`
	}
	if err := json.Unmarshal(text, &compartment); err != nil {
		return err
	}
	if compartment.Version != fhirVersion || compartment.Code != "Patient" {
		return fmt.Errorf("the compartment is of %s in FHIR %s; must be of Patient in FHIR %s", compartment.Code, compartment.Version, fhirVersion)
	}
	d.compartment = map[string][]string{}
	for _, r := range compartment.Resource {
		if len(r.Param) > 0 {
			d.compartment[r.Code] = r.Param
		}
	}
	return nil
}
