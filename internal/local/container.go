package local

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
)

// A port that a container publishes reaches the container's own interface, never its loopback
// address. So a cloud in a container listens on every interface, and keeps the promise that
// only this machine reaches it in other ways: it must be in a container, and the ports must be
// published on loopback, which makes its requests name the printed address. A page of another
// host in a browser of this machine (DNS rebinding), and who takes the container's own
// address, do not name it. A neighbour on the container's network that knows of this can.

// CheckContainer refuses to listen on every interface, from a port on, where that could be a
// network's.
func CheckContainer(port int) error { return checkContainer(os.DirFS("/"), port) }

func checkContainer(machine fs.FS, port int) error {
	if !inContainer(machine) {
		return errors.New("listen-in-container: this is no container that Docker, Podman or Kubernetes runs, and everybody on the network could reach the local cloud; remove the flag")
	}
	if port == 0 {
		return errors.New("listen-in-container: needs --port, the first of the ports that the container publishes")
	}
	return nil
}

// inContainer reports whether a machine's files are those of a container: Docker's and Podman's
// marks, a service account of Kubernetes, or a control group of one of them.
func inContainer(machine fs.FS) bool {
	for _, mark := range []string{".dockerenv", "run/.containerenv", "run/secrets/kubernetes.io/serviceaccount"} {
		if _, err := fs.Stat(machine, mark); err == nil {
			return true
		}
	}
	groups, err := fs.ReadFile(machine, "proc/1/cgroup")
	if err != nil {
		return false
	}
	for _, part := range []string{"/docker", "/kubepods", "/libpod", "/containerd"} {
		if strings.Contains(string(groups), part) {
			return true
		}
	}
	return false
}

// bindTo is where an endpoint listens.
func (o Options) bindTo(port int) string {
	if o.EveryInterface {
		return net.JoinHostPort("", strconv.Itoa(port))
	}
	return net.JoinHostPort(o.host(), strconv.Itoa(port))
}

// only answers requests for the address of an endpoint, and refuses all others.
func only(origin string, handler http.Handler) (http.Handler, error) {
	address, err := url.Parse(origin)
	if err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != address.Host && r.Host != strings.TrimSuffix(address.Host, ":443") {
			http.Error(w, fmt.Sprintf("Host: %q: must be %s; a local cloud in a container answers only requests for the address that it prints", r.Host, address.Host),
				http.StatusMisdirectedRequest)
			return
		}
		handler.ServeHTTP(w, r)
	}), nil
}
