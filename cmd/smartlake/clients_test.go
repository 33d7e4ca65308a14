package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/local"
)

// clientsOfOthers is the folder where the tools of others are installed, with what tests/clients
// asks for.
func clientsOfOthers(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("CLIENTS_OF_OTHERS")
	if dir == "" {
		t.Skip("set CLIENTS_OF_OTHERS to the folder tests/clients after npm ci, or run .ci/run clients")
	}
	return dir
}

// TestTheFilesOfRequestsRunAsTheyAreInTheToolsOfOthers writes the files of a running local
// cloud, and has newman and httpYac send them as their notes say.
func TestTheFilesOfRequestsRunAsTheyAreInTheToolsOfOthers(t *testing.T) {
	tools := clientsOfOthers(t)
	for what, c := range map[string]struct {
		door    string
		noToken int // what a request without a token gets
	}{"with a front door": {"{}", 401}, "without": {"none", 403}} {
		t.Run(what, func(t *testing.T) {
			cloud := runningStack(t, local.Options{}, "frontDoor="+c.door)
			if err := writeSecrets(cloud); err != nil {
				t.Fatal(err)
			}
			folder := t.TempDir()
			for format, name := range map[string]string{"postman": "requests.json", "http": "requests.http"} {
				if _, _, err := execute(t, "requests", "--local", cloud.Dir, "--format", format, "--output", filepath.Join(folder, name)); err != nil {
					t.Fatal(err)
				}
			}
			want := []int{200, 200, 200, 200, 200, 201, c.noToken, 401}
			if got := sentByHTTPYac(t, tools, folder); !reflect.DeepEqual(got, want) {
				t.Errorf("httpYac: got %v, want %v", got, want)
			}
			// Two of them are of users who did not sign in, one of each app.
			want = []int{200, 200, 200, 200, 200, 201, c.noToken, c.noToken, c.noToken, 401}
			if got := sentByNewman(t, tools, folder); !reflect.DeepEqual(got, want) {
				t.Errorf("newman: got %v, want %v", got, want)
			}
		})
	}
}

// shown runs the command line that a file shows, in a shell.
func shown(t *testing.T, folder, line string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "sh", "-ec", line)
	command.Dir = folder
	command.Env = append(os.Environ(), "NO_COLOR=1")
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v:\n%s", line, err, out)
	}
}

// sentByHTTPYac sends the requests from a shell that has run the lines of the file's notes.
func sentByHTTPYac(t *testing.T, tools, folder string) []int {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, "httpyac.config.js"), []byte(read(t, filepath.Join(tools, "httpyac.config.js"))), 0o600); err != nil {
		t.Fatal(err)
	}
	notes := regexp.MustCompile(`(?m)^#   (.+)$`).FindAllStringSubmatch(read(t, filepath.Join(folder, "requests.http")), 2)
	if len(notes) != 2 {
		t.Fatalf("got the notes %q, want two lines for a shell", notes)
	}
	// Into a file, because it ends before a pipe has taken all.
	shown(t, folder, notes[0][1]+"\n"+notes[1][1]+"\n"+filepath.Join(tools, "node_modules/.bin/httpyac")+" send --all --json requests.http >httpyac.json")
	out := read(t, filepath.Join(folder, "httpyac.json"))
	var report struct {
		Requests []struct {
			Response struct{ StatusCode int }
		}
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	var got []int
	for _, one := range report.Requests {
		if one.Response.StatusCode != 0 { // the notes on signing in are none
			got = append(got, one.Response.StatusCode)
		}
	}
	return got
}

// sentByNewman sends the requests with the flags that the collection's description shows,
// and wants every test in it to pass.
func sentByNewman(t *testing.T, tools, folder string) []int {
	t.Helper()
	var collection struct{ Info struct{ Description string } }
	if err := json.Unmarshal([]byte(read(t, filepath.Join(folder, "requests.json"))), &collection); err != nil {
		t.Fatal(err)
	}
	_, flags, _ := strings.Cut(collection.Info.Description, "With newman: ")
	flags, _, found := strings.Cut(flags, ". Send ")
	if !found {
		t.Fatalf("the description shows no flags of newman: %s", collection.Info.Description)
	}
	shown(t, folder, filepath.Join(tools, "node_modules/.bin/newman")+" run requests.json "+flags+" --reporters json --reporter-json-export report.json")
	var report struct {
		Run struct {
			Executions []struct{ Response struct{ Code int } }
			Stats      struct{ Assertions struct{ Total, Failed int } }
		}
	}
	if err := json.Unmarshal([]byte(read(t, filepath.Join(folder, "report.json"))), &report); err != nil {
		t.Fatal(err)
	}
	if tests := report.Run.Stats.Assertions; tests.Total != 8 || tests.Failed > 0 {
		t.Errorf("newman: got %+v, want eight tests of the collection that pass", tests)
	}
	var got []int
	for _, one := range report.Run.Executions {
		got = append(got, one.Response.Code)
	}
	return got
}
