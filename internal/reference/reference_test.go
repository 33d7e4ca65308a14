package reference_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/reference"
)

const root = "../.."

func read(t *testing.T) reference.Documentation {
	t.Helper()
	documentation, err := reference.Read(root)
	if err != nil {
		t.Fatal(err)
	}
	return documentation
}

func TestTheReferencesAreWhatTheDocCommentsSay(t *testing.T) {
	documentation := read(t)
	for file, want := range map[string]string{
		"Pulumi.yaml": documentation.ConfigSection(), "internal/declared/project.yaml": documentation.ConfigSection(), "docs/reference/configuration.md": documentation.ConfigurationPage(),
		"docs/reference/outputs.md": documentation.OutputsPage(),
	} {
		text, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(string(text), want) {
			t.Errorf("%s is not current: go run ./internal/reference/generate, and read what has changed", file)
		}
	}
}

var row = regexp.MustCompile("(?m)^\\| (?:\\[)?`([^`]+)`[^|]*\\| ([^|]*) \\| ([^|]*) \\| (.*) \\|$")

func TestEveryInputSaysItsTypeItsDefaultAndItsMeaning(t *testing.T) {
	rows := row.FindAllStringSubmatch(strings.ReplaceAll(read(t).ConfigurationPage(), "|  |", "| - |"), -1)
	if len(rows) < 100 {
		t.Fatalf("%d inputs were found, want all", len(rows))
	}
	for _, r := range rows {
		for i, what := range []string{"type", "default", "meaning"} {
			if cell := strings.TrimSpace(r[i+2]); cell == "" || cell == "-" {
				t.Errorf("%s: no %s: want it in the doc comment (\"By default …\", or \"Required for …\")", r[1], what)
			}
		}
	}
}

func TestDefaultsAreReadFromSentences(t *testing.T) {
	page := read(t).ConfigurationPage()
	for _, want := range []string{
		"| `clients[].name` | text | required |",
		"| `clients[].kind` | `service`, `confidential`, `public` | required |",
		"| `clients[].callbackUrls` | list of text | required for user-facing kinds |",
		"| `userPool.mfa` | `OFF`, `OPTIONAL`, `ON` | OFF |",
		"| `userPool.passwordPolicy.minimumLength` | whole number | 8 |",
		"| `function.logLevel` | `debug`, `info`, `warn`, `error` | info |",
		"| `launchContext.function` | object with the members of `function` | each member's |",
		"| [`alarms`](#alarms) | object | none |",
		"| `protect` | true or false | true |",
		"| `userPool.deletionProtection` | true or false | the value of `protect` |", // a word of English, inside a sentence
		"set `function.logKmsKeyArn` too",
		"users with the client's user/ scopes may be: Practitioner, PractitionerRole, Patient, ", // and a member of an enum
		"| `tags` | object of text | none |",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("want %s", want)
		}
	}
}

var outputRow = regexp.MustCompile("(?m)^\\| (?:\\[)?`([^`]+)`[^|]*\\| ([^|]*) \\| (.*) \\|$")

func TestEveryOutputSaysItsTypeAndItsMeaning(t *testing.T) {
	page := read(t).OutputsPage()
	rows := outputRow.FindAllStringSubmatch(strings.ReplaceAll(page, "|  |", "| - |"), -1)
	if len(rows) < 40 {
		t.Fatalf("%d outputs were found, want all", len(rows))
	}
	for _, r := range rows {
		if kind, meaning := strings.TrimSpace(r[2]), strings.TrimSpace(r[3]); kind == "" || kind == "-" || meaning == "" || meaning == "-" {
			t.Errorf("%s: type %q, meaning %q: want both", r[1], kind, meaning)
		}
	}
	for _, want := range []string{
		"| `datastoreEndpoint` | text | `datastoreEndpoint` is HealthLake's own FHIR base URL, with a slash at its end. |",
		"| `clientSecrets` | object of text, secret | ",
		"| [`bulkData`](#bulkdata) | object | ",
		"| `bulkData.bucketName` | text | ",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("want %s", want)
		}
	}
}
