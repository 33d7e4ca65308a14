package browser_test

import (
	"errors"
	"net"
	"net/http"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/local"
)

// The app's origin and callback are those that the stack dev declares.
const (
	appOrigin   = "http://localhost:3000"
	appCallback = appOrigin + "/callback"
)

// observed are what the patient of the made-up user was observed for, sorted.
var observed = []string{
	"Blood pressure panel with all children optional", "Blood pressure panel with all children optional",
	"Body height", "Body height", "Body temperature", "Body temperature", "Body weight", "Body weight",
	"Cholesterol [Mass/volume] in Serum or Plasma", "Creatinine [Mass/volume] in Serum or Plasma", "Glucose [Mass/volume] in Blood",
	"Heart rate", "Heart rate", "Hemoglobin A1c/Hemoglobin.total in Blood", "Hemoglobin [Mass/volume] in Blood", "Tobacco smoking status",
}

const fhirclient = "node_modules/fhirclient/build/fhir-client.pure.min.js"

// missing ends a test that needs what is not installed, and fails it where all is to be
// tested: there CI is set.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// serve serves a folder, and fhirclient as it is, from the app's origin until the test ends.
func serve(t *testing.T, folder string) {
	t.Helper()
	if _, err := os.Stat(fhirclient); err != nil {
		missing(t, "no fhirclient: run npm ci here, or build/scripts/browser: "+err.Error())
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /"+fhirclient, func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, fhirclient) })
	mux.Handle("GET /", http.FileServer(http.Dir(folder)))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: time.Second}
	// A browser takes localhost for both.
	for _, address := range []string{"127.0.0.1:3000", "[::1]:3000"} {
		listener, err := net.Listen("tcp", address)
		if err != nil && (address == "127.0.0.1:3000" || errors.Is(err, syscall.EADDRINUSE)) { // not every machine has the other
			t.Fatalf("%v: the stack dev declares %s as the app's callback: free this port", err, appCallback)
		}
		if err == nil {
			go func() { _ = server.Serve(listener) }() // until it is closed
		}
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
}

func clientOf(t *testing.T, cloud *local.Cloud, name string) local.Client {
	t.Helper()
	i := slices.IndexFunc(cloud.Clients, func(c local.Client) bool { return c.Name == name })
	if i < 0 {
		t.Fatalf("no client %s", name)
	}
	return cloud.Clients[i]
}
