package local_test

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/local"
	"github.com/smartlake/pulumi-smartlake/internal/local/localtest"
	"github.com/smartlake/pulumi-smartlake/internal/local/state"
	"github.com/smartlake/pulumi-smartlake/internal/program"
)

// keptFor opens what a stack's clouds keep, until the test ends or the returned function
// gives it back.
func keptFor(t *testing.T, project string) (*state.Cloud, func()) {
	t.Helper()
	return opened(t, (*state.Folder).Cloud, project)
}

func opened(t *testing.T, how func(*state.Folder, string, string) (*state.Cloud, error), project string) (*state.Cloud, func()) {
	t.Helper()
	folder, err := state.Open()
	if err != nil {
		t.Fatal(err)
	}
	kept, err := how(folder, project, "dev")
	if err != nil {
		t.Fatal(err)
	}
	end := sync.OnceFunc(func() {
		if err := kept.Close(); err != nil {
			t.Error(err)
		}
		if err := folder.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(end)
	return kept, end
}

func startKept(t *testing.T, kept *state.Cloud, overrides map[string]string) *local.Cloud {
	t.Helper()
	return localtest.Start(t, "dev", overrides, func(o *local.Options) { o.State = kept })
}

// written is what a developer writes into the configuration of apps.
func written(c *local.Cloud) string {
	text := fmt.Sprintln(c.FHIRBase, c.Datastore, c.HostedDomain, c.Issuer, c.TokenEndpoint, c.Page, c.Credentials, c.Dir, c.CertificateFile)
	for _, client := range c.Clients {
		text += fmt.Sprintln(client.Name, client.ID, client.Secret)
	}
	return text
}

func TestARestartedCloudIsTheSameForTheAppsThatKnowIt(t *testing.T) {
	t.Setenv(state.EnvFolder, filepath.Join(t.TempDir(), "state"))
	project, users := t.TempDir(), map[string]string{"testUsers": testUsers}
	kept, end := keptFor(t, project)
	first := startKept(t, kept, users)
	if !first.Kept() {
		t.Error("it keeps nothing")
	}
	before := newApp(t, first)
	service, tokens := before.token("etl", "system/*.*"), before.launch()
	certificate, err := os.ReadFile(first.CertificateFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	end()

	kept, _ = keptFor(t, project)
	again := startKept(t, kept, users)
	if written(again) != written(first) {
		t.Errorf("got  %s\nwant %s", written(again), written(first))
	}
	if shown, err := os.ReadFile(again.CertificateFile); err != nil || string(shown) != string(certificate) {
		t.Errorf("the certificate is another one, %v", err)
	}
	app := before // trusts what it trusted, knows what it knew, and holds the tokens that it had
	for what, token := range map[string]string{"etl": service, "ann": tokens["access_token"].(string)} {
		if status, answer := app.fhir(http.MethodGet, "Patient/patient-001", token); status != http.StatusOK {
			t.Errorf("%s's token after the restart: %d %v", what, status, answer)
		}
	}
	if status, answer := app.fhir(http.MethodGet, "Patient/patient-001", app.token("etl", "system/*.*")); status != http.StatusOK {
		t.Errorf("a token that is asked for with the secret of before: %d %v", status, answer)
	}
	if status, answer := app.fhir(http.MethodGet, "Patient/patient-001", app.launch()["access_token"].(string)); status != http.StatusOK {
		t.Errorf("a launch with the configuration of before: %d %v", status, answer)
	}
	status, answer := app.ask(app.client("app"), url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tokens["refresh_token"].(string)}})
	if status != http.StatusBadRequest || answer["error"] != "invalid_grant" {
		t.Errorf("a refresh token of before: got %d %v, want invalid_grant, with which apps sign users in again", status, answer)
	}
}

func TestAFreshCloudSharesNothingWithTheFormer(t *testing.T) {
	t.Setenv(state.EnvFolder, filepath.Join(t.TempDir(), "state"))
	project := t.TempDir()
	kept, end := keptFor(t, project)
	first := startKept(t, kept, nil)
	token := newApp(t, first).token("etl", "system/*.*")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	end()
	kept, _ = opened(t, (*state.Folder).Fresh, project)
	fresh := startKept(t, kept, nil)
	for i, client := range fresh.Clients {
		if former := first.Clients[i]; client.ID == former.ID || client.Secret != "" && client.Secret == former.Secret {
			t.Errorf("client %s is the former", client.Name)
		}
	}
	if fresh.Page == first.Page || fresh.Datastore == first.Datastore || fresh.Issuer == first.Issuer || fresh.Credentials == first.Credentials {
		t.Errorf("got %s\nthe former was %s", written(fresh), written(first))
	}
	if status, answer := newApp(t, fresh).fhir(http.MethodGet, "Patient", token); status != http.StatusUnauthorized {
		t.Errorf("a token of the former: got %d %v", status, answer)
	}
}

func TestAClientThatIsAddedChangesNoOther(t *testing.T) {
	t.Setenv(state.EnvFolder, filepath.Join(t.TempDir(), "state"))
	kept, _ := keptFor(t, t.TempDir())
	const etl, added = `{"name":"etl","kind":"service","scopes":["system/*.*"]}`, `{"name":"a-first","kind":"service","scopes":["system/*.rs"]}`
	first := startKept(t, kept, map[string]string{"clients": "[" + etl + "]"})
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	more := startKept(t, kept, map[string]string{"clients": "[" + added + "," + etl + "]"})
	known := newApp(t, more).client("etl")
	if known.ID != first.Clients[0].ID || known.Secret != first.Clients[0].Secret || more.FHIRBase != first.FHIRBase || len(more.Clients) != 2 {
		t.Errorf("got %s\nbefore %s", written(more), written(first))
	}
}

func TestTheKeysThatSignStayAfterTheyWereRotated(t *testing.T) {
	kept := state.Throwaway()
	first := startKept(t, kept, nil)
	if err := first.SetFault("rotate-keys", true); err != nil {
		t.Fatal(err)
	}
	token := newApp(t, first).token("etl", "system/*.*")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if status, answer := newApp(t, startKept(t, kept, nil)).fhir(http.MethodGet, "Patient/patient-001", token); status != http.StatusOK {
		t.Errorf("got %d %v", status, answer)
	}
}

func portOf(t *testing.T, address string) int {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// Connections that go out take ports of the upper range now and then.
func TestKeptPortsAreSuccessiveAndBelowThoseOfOutgoingConnections(t *testing.T) {
	t.Setenv(state.EnvFolder, filepath.Join(t.TempDir(), "state"))
	kept, _ := keptFor(t, t.TempDir())
	cloud := startKept(t, kept, withoutADoor)
	first := portOf(t, cloud.Datastore)
	if got, want := kept.Ports(), []int{first, first + 1, first + 2}; !slices.Equal(got, want) || first < 20000 || first+3 > 32767 {
		t.Errorf("ports %v, want %v below 32768", got, want)
	}
	if err := cloud.Close(); err != nil {
		t.Fatal(err)
	}
	taken, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(first+3))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	if with := startKept(t, kept, behindADoor); portOf(t, with.FrontDoor) <= first+3 || portOf(t, with.FrontDoor) > first+53 {
		t.Errorf("the front door is at %s, want one of the next free ports after %d", with.FrontDoor, first+3)
	}
}

func TestAPortThatAnotherProgramHasIsNamedAndNotEvaded(t *testing.T) {
	t.Setenv(state.EnvFolder, filepath.Join(t.TempDir(), "state"))
	kept, _ := keptFor(t, t.TempDir())
	cloud := startKept(t, kept, nil)
	if err := cloud.Close(); err != nil {
		t.Fatal(err)
	}
	address := strings.TrimPrefix(cloud.HostedDomain, "https://")
	taken, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := localtest.Load(t.Context(), "dev", nil)
	if err != nil {
		t.Fatal(err)
	}
	tried, err := local.Start(local.Options{Program: program.With(loaded.Config), Stack: loaded, State: kept})
	if err == nil {
		_ = tried.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "listen tcp "+address+": bind: address already in use: this stack had that port before") ||
		!strings.Contains(err.Error(), "choose other ports with --port, or start with --fresh") {
		t.Errorf("got %v", err)
	}
	if err := taken.Close(); err != nil {
		t.Fatal(err)
	}
	if again := startKept(t, kept, nil); again.HostedDomain != cloud.HostedDomain {
		t.Errorf("then at %s, before at %s", again.HostedDomain, cloud.HostedDomain)
	}
}

func TestPortsThatAreAskedForAreKept(t *testing.T) {
	t.Setenv(state.EnvFolder, filepath.Join(t.TempDir(), "state"))
	kept, _ := keptFor(t, t.TempDir())
	port := portOf(t, startKept(t, state.Throwaway(), nil).Datastore) // one that nobody kept
	for port > 65000 {
		port -= 1000
	}
	port += 100
	for try := 0; ; try++ {
		loaded, err := localtest.Load(t.Context(), "dev", nil)
		if err != nil {
			t.Fatal(err)
		}
		cloud, err := local.Start(local.Options{Program: program.With(loaded.Config), Stack: loaded, State: kept, Port: port})
		if err != nil && try < 20 {
			port += 10
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := cloud.Close(); err != nil {
			t.Fatal(err)
		}
		break
	}
	if again := startKept(t, kept, nil); portOf(t, again.Datastore) != port || portOf(t, again.FrontDoor) != port+3 {
		t.Errorf("at %s and %s, want %d and the next", again.Datastore, again.FrontDoor, port)
	}
}

func TestAFileOfTheStateThatIsBrokenIsNamed(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "state")
	t.Setenv(state.EnvFolder, folder)
	kept, _ := keptFor(t, t.TempDir())
	if err := startKept(t, kept, nil).Close(); err != nil {
		t.Fatal(err)
	}
	loaded, err := localtest.Load(t.Context(), "dev", nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"signing-keys.pem": "0 signing keys: must be two", "endpoints.pem": "failed to find any PEM data"} {
		former, err := kept.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := kept.Write(name, []byte("garbage")); err != nil {
			t.Fatal(err)
		}
		cloud, err := local.Start(local.Options{Program: program.With(loaded.Config), Stack: loaded, State: kept})
		if err == nil {
			_ = cloud.Close()
		}
		if err == nil || !strings.HasPrefix(err.Error(), folder+"/clouds/") || !strings.Contains(err.Error(), name+": ") ||
			!strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "start once with --fresh") {
			t.Errorf("%s: got %v", name, err)
		}
		if err := kept.Write(name, former); err != nil {
			t.Fatal(err)
		}
	}
}

// What is kept is the local cloud's alone: the commands that write for AWS read no state.
func TestNothingThatIsKeptReachesTheGraphOfOthers(t *testing.T) {
	t.Setenv(state.EnvFolder, filepath.Join(t.TempDir(), "state"))
	kept, _ := keptFor(t, t.TempDir())
	cloud := startKept(t, kept, nil)
	loaded, err := localtest.Load(t.Context(), "dev", nil)
	if err != nil {
		t.Fatal(err)
	}
	g, err := declared.Run(program.With(loaded.Config), loaded)
	if err != nil {
		t.Fatal(err)
	}
	for _, client := range g.All(declared.UserPoolClient) {
		for _, known := range cloud.Clients {
			if client.ID == known.ID || known.Secret != "" && client.Text("clientSecret") == known.Secret {
				t.Errorf("%s has what the local cloud keeps", client.Name)
			}
		}
	}
}
