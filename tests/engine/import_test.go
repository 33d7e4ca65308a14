package engine_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/blang/semver"
	lifecycle "github.com/pulumi/pulumi/pkg/v3/engine/lifecycletest/framework"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

// importFile is what "pulumi import --file" reads, as far as the documents use it.
type importFile struct {
	Resources []struct {
		Type      tokens.Type `json:"type"`
		Name      string      `json:"name"`
		Parent    string      `json:"parent"`
		ID        resource.ID `json:"id"`
		Version   string      `json:"version"`
		Component bool        `json:"component"`
	} `json:"resources"`
}

// imports reads the file as Pulumi does: a parent is a resource that stands before it.
func (s *stack) imports(path string) ([]deploy.Import, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	decoder := json.NewDecoder(file)
	decoder.DisallowUnknownFields()
	var read importFile
	if err := decoder.Decode(&read); err != nil {
		return nil, err
	}
	configuration := s.configuration(nil)
	urns, list := map[string]resource.URN{"": ""}, []deploy.Import{}
	for _, r := range read.Resources {
		parent, ok := urns[r.Parent]
		if !ok || r.Component != (r.ID == "") {
			return nil, fmt.Errorf("%s: want its parent before it, and an id unless it is a component", r.Name)
		}
		one := deploy.Import{Type: r.Type, Name: r.Name, ID: r.ID, Parent: parent, Component: r.Component, Protect: true}
		if r.Version != "" {
			version, err := semver.Parse(r.Version)
			if err != nil {
				return nil, err
			}
			one.Version = &version
		}
		parentType := tokens.Type("")
		if parent != "" {
			parentType = parent.QualifiedType()
		}
		urns[r.Name] = resource.NewURN(tokens.QName(configuration.Name), tokens.PackageName(configuration.Project), parentType, r.Type, r.Name)
		list = append(list, one)
	}
	return list, nil
}

// importing is what "pulumi import --file" does.
func (s *stack) importing(path string) result {
	s.t.Helper()
	list, err := s.imports(path)
	if err != nil {
		return result{err: err}
	}
	return s.run(lifecycle.ImportOp(list), false, nil, nil)
}

// TestPulumiReadsTheImportFileThatTheTestsRead compares the members of the file with Pulumi's
// source.
func TestPulumiReadsTheImportFileThatTheTestsRead(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(pulumiSource(t), "operations", "import.go"))
	if err != nil {
		t.Fatal(err)
	}
	_, spec, _ := strings.Cut(string(text), "type importSpec struct {")
	spec, _, _ = strings.Cut(spec, "\n}\n")
	for _, member := range []string{"type", "name", "parent", "id", "version", "component"} {
		if found, err := regexp.MatchString(`json:"`+member+`[",]`, spec); err != nil || !found {
			t.Errorf("Pulumi's import file has no member %q (%v)", member, err)
		}
	}
	if !strings.Contains(string(text), `Resources []importSpec            `+"`json:\"resources,omitempty\"`") {
		t.Error("Pulumi's import file has no member resources")
	}
}

// A client's kind is what its live secret allows, in a preview too.
func TestAClientNeitherLosesNorGetsASecret(t *testing.T) {
	confidential := strings.Replace(app, `"public"`, `"confidential"`, 1)
	public := `{"name":"etl","kind":"public","scopes":["openid"],"callbackUrls":["http://localhost:3000/callback"]}`
	const without, with = "has no secret, and Cognito cannot give it one", "has a secret, and Cognito cannot take it away"
	for what, c := range map[string]struct {
		clients, client string
		imported        bool
		want            string
	}{
		"a public one":             {"[" + etl + "," + confidential + "]", "app", false, without},
		"a service":                {"[" + public + "," + app + "]", "etl", false, with},
		"an imported public one":   {"[" + etl + "," + confidential + "]", "app", true, without},
		"an imported one, service": {"[" + public + "," + app + "]", "etl", true, with},
	} {
		s := newStack(t, "dev")
		s.mustUpdate(config{"clients": "[" + etl + "," + app + "]"})
		id := s.account.idOf("smart-auth-client-" + c.client)
		if c.imported { // its state is what Cognito tells
			s.account.untold["smart-auth-client-"+c.client] = generateSecret
			if read := s.refresh(); read.err != nil {
				t.Fatal(read.err, read.messages)
			}
		}
		for when, refused := range map[string]result{"preview": s.preview(config{"clients": c.clients}), "update": s.update(config{"clients": c.clients})} {
			if refused.err == nil || !strings.Contains(refused.messages, `client "`+c.client+`": kind: "`) || !strings.Contains(refused.messages, c.want) {
				t.Errorf("%s, %s: want it refused, got %v\n%s", what, when, refused.err, refused.messages)
			}
		}
		if s.account.idOf("smart-auth-client-"+c.client) != id || slices.Contains(s.account.takeLog(), "delete smart-auth-client-"+c.client) {
			t.Errorf("%s: the client was replaced", what)
		}
	}
}
