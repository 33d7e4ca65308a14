// Command generate writes what package reference makes of the doc comments. Run it in
// the root of the repository.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/reference"
)

func main() {
	if err := generate(); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func generate() error {
	documentation, err := reference.Read(".")
	if err != nil {
		return err
	}
	project, err := os.ReadFile("Pulumi.yaml")
	if err != nil {
		return err
	}
	head, _, found := strings.Cut(string(project), "\nconfig:\n")
	if !found {
		return errors.New("no section \"config\" at the end of Pulumi.yaml")
	}
	var descriptions bytes.Buffer
	encoder := json.NewEncoder(&descriptions)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(documentation); err != nil {
		return err
	}
	pulumi := head + "\n" + documentation.ConfigSection()
	for path, text := range map[string]string{
		"Pulumi.yaml":                     pulumi,
		"internal/declared/project.yaml":  pulumi, // what a binary carries, for a stack without a project
		"docs/reference/configuration.md": documentation.ConfigurationPage(),
		"docs/reference/outputs.md":       documentation.OutputsPage(),
		"plugin/descriptions.json":        descriptions.String(),
	} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil { //nolint:gosec // files of the repository, for everybody to read
			return err
		}
	}
	return nil
}
