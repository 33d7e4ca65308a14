package local

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"
)

// machines are the files of machines that are containers, and of others that are none.
var machines = map[string]struct {
	files     fstest.MapFS
	container bool
}{
	"Docker":                          {fstest.MapFS{".dockerenv": {}}, true},
	"Podman":                          {fstest.MapFS{"run/.containerenv": {}}, true},
	"Kubernetes":                      {fstest.MapFS{"run/secrets/kubernetes.io/serviceaccount/token": {}}, true},
	"a control group of Docker":       {fstest.MapFS{"proc/1/cgroup": {Data: []byte("12:pids:/docker/0123\n0::/system.slice\n")}}, true},
	"a control group of Kubernetes":   {fstest.MapFS{"proc/1/cgroup": {Data: []byte("0::/kubepods/besteffort/pod1\n")}}, true},
	"a machine":                       {fstest.MapFS{"proc/1/cgroup": {Data: []byte("0::/init.scope\n")}, "etc/passwd": {}}, false},
	"a machine without control group": {fstest.MapFS{"etc/passwd": {}}, false},
}

func TestOnlyAContainerListensOnEveryInterfaceAndAtPortsThatItPublishes(t *testing.T) {
	for name, machine := range machines {
		want := "listen-in-container: this is no container that Docker, Podman or Kubernetes runs, and everybody on the network could reach the local cloud; remove the flag"
		if machine.container {
			want = ""
		}
		got := ""
		if err := checkContainer(machine.files, 8443); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
		if machine.container {
			want = "listen-in-container: needs --port, the first of the ports that the container publishes"
		}
		if err := checkContainer(machine.files, 0); err == nil || err.Error() != want {
			t.Errorf("%s, without a port: got %v, want %q", name, err, want)
		}
	}
}

func TestACloudInAContainerAnswersOnlyRequestsForTheAddressThatItPrints(t *testing.T) {
	for origin, hosts := range map[string]map[string]int{
		"https://127.0.0.1:8443": {
			"127.0.0.1:8443": 200, "127.0.0.1:8444": 421, "127.0.0.1": 421, "172.17.0.2:8443": 421, "localhost:8443": 421, "rebound.example": 421,
			"rebound.example:8443": 421, "": 421, "127.0.0.1:8443.rebound.example": 421, "[::1]:8443": 421,
		},
		"https://[::1]:8443":    {"[::1]:8443": 200, "127.0.0.1:8443": 421},
		"https://127.0.0.1:443": {"127.0.0.1:443": 200, "127.0.0.1": 200, "127.0.0.1:8443": 421},
	} {
		handler, err := only(origin, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		if err != nil {
			t.Fatal(err)
		}
		for host, want := range hosts {
			answer, request := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, origin, http.NoBody)
			request.Host = host
			if handler.ServeHTTP(answer, request); answer.Code != want {
				t.Errorf("%s: Host %q: got %d %s, want %d", origin, host, answer.Code, answer.Body, want)
			}
		}
	}
}
