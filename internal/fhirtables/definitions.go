package main

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

const fhirVersion = "4.0.1"

// definitions are those of FHIR R4 that the tables are made of.
type definitions struct {
	types       []string                              // resource types, sorted
	elements    map[string][]string                   // data types of an element, by its path: "Observation.code"
	parameters  map[string]map[string]searchParameter // by resource type and name
	compartment map[string][]string                   // names of search parameters by resource type, in HL7's order
	sources     []source
}

// source is a file that was read.
type source struct{ name, digest string }

// searchParameter is FHIR's resource of that name, as far as it is used here.
type searchParameter struct {
	Code       string   `json:"code"`
	Version    string   `json:"version"`
	Base       []string `json:"base"`
	Type       string   `json:"type"`
	Expression string   `json:"expression"`
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
		{"profiles-resources.json", (*definitions).readResources},
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

func (d *definitions) readResources(text []byte) error {
	type element struct {
		Path string `json:"path"`
		Type []struct {
			Code string `json:"code"`
		} `json:"type"`
	}
	type structure struct {
		FHIRVersion string `json:"fhirVersion"`
		Kind        string `json:"kind"`
		Type        string `json:"type"`
		Abstract    bool   `json:"abstract"`
		Snapshot    struct {
			Element []element `json:"element"`
		} `json:"snapshot"`
	}
	structures, err := inBundle[structure](text, "StructureDefinition")
	if err != nil {
		return err
	}
	d.elements = map[string][]string{}
	for _, s := range structures {
		if s.Kind != "resource" || s.Abstract || s.FHIRVersion != fhirVersion {
			continue
		}
		d.types = append(d.types, s.Type)
		for _, e := range s.Snapshot.Element {
			codes := []string{}
			for _, t := range e.Type {
				codes = append(codes, t.Code)
			}
			d.elements[e.Path] = codes
		}
	}
	slices.Sort(d.types)
	if len(d.types) == 0 {
		return errors.New("no resource type of FHIR " + fhirVersion)
	}
	return nil
}

func (d *definitions) readParameters(text []byte) error {
	parameters, err := inBundle[searchParameter](text, "SearchParameter")
	if err != nil {
		return err
	}
	d.parameters = map[string]map[string]searchParameter{}
	for _, p := range parameters {
		if p.Version != fhirVersion {
			continue
		}
		for _, typ := range p.Base {
			if _, known := slices.BinarySearch(d.types, typ); !known {
				continue // what every resource has, and a package's own types
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
