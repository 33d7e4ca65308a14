package local

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"time"
)

// Endpoints keep the endpoints of a cloud open when it ends, for the next cloud of the stack:
// the requests in between wait for it. The zero value keeps none. Close it.
type Endpoints struct {
	mu     sync.Mutex
	closed []*net.TCPListener // nobody accepts from them
	open   []*net.TCPListener // of the cloud that runs
}

// take returns an endpoint that nobody accepts from, by its port; nil if there is none.
func (e *Endpoints) take(port int) net.Listener {
	if e == nil {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	i := slices.IndexFunc(e.closed, func(l *net.TCPListener) bool { return portOf(l) == port })
	if i < 0 || e.closed[i].SetDeadline(time.Time{}) != nil {
		return nil
	}
	taken := e.closed[i]
	e.closed = slices.Delete(e.closed, i, i+1)
	return taken
}

// waiting reports whether requests wait for a cloud.
func (e *Endpoints) waiting() bool {
	if e == nil {
		return false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.closed) > 0
}

func portOf(listener net.Listener) int {
	return int(netip.MustParseAddrPort(listener.Addr().String()).Port())
}

// keep keeps the endpoints of a cloud, and no others. What it returns leaves them open when it
// is closed.
func (e *Endpoints) keep(listeners []net.Listener) ([]net.Listener, error) {
	if e == nil {
		return listeners, nil
	}
	err := e.Close() // of the endpoints that this cloud does not have
	e.mu.Lock()
	defer e.mu.Unlock()
	kept := make([]net.Listener, len(listeners))
	for i, listener := range listeners {
		tcp, ok := listener.(*net.TCPListener)
		if !ok {
			return listeners, errors.Join(err, errors.New("endpoints: only those of TCP can be kept"))
		}
		e.open = append(e.open, tcp)
		kept[i] = keptListener{tcp, e}
	}
	return kept, err
}

// Close closes the endpoints that nobody accepts from: requests no longer wait.
func (e *Endpoints) Close() (err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, listener := range e.closed {
		err = errors.Join(err, listener.Close())
	}
	e.closed = nil
	return err
}

// keptListener is an endpoint for one cloud.
type keptListener struct {
	*net.TCPListener

	endpoints *Endpoints
}

// Accept returns [net.ErrClosed] once the cloud has closed the endpoint.
func (l keptListener) Accept() (net.Conn, error) {
	connection, err := l.TCPListener.Accept()
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = net.ErrClosed
	}
	return connection, err
}

// Close ends Accept, and leaves the endpoint open.
func (l keptListener) Close() error {
	l.endpoints.mu.Lock()
	defer l.endpoints.mu.Unlock()
	i := slices.Index(l.endpoints.open, l.TCPListener)
	if i < 0 {
		return nil // already
	}
	l.endpoints.open = slices.Delete(l.endpoints.open, i, i+1)
	l.endpoints.closed = append(l.endpoints.closed, l.TCPListener)
	return l.SetDeadline(time.Unix(1, 0))
}

// graceTime is how long the requests that are under way may take when a cloud makes room for
// the next one.
const graceTime = 3 * time.Second

// closeServers ends the endpoints. If they are kept for the next cloud, the requests under way
// are answered first: those at the front door, then those at HealthLake, because the first
// cause the second, and these cause requests for the key set.
func (c *Cloud) closeServers() error {
	ctx, cancel := context.WithTimeout(context.Background(), graceTime)
	defer cancel()
	const frontDoor = 3 // of the endpoints; the first is HealthLake's
	order := c.servers
	if len(order) > frontDoor {
		order = append(slices.Clone(order[frontDoor:]), order[:frontDoor]...)
	}
	var problems []error
	for _, server := range order {
		problems = append(problems, server.close(ctx, c.endpointsKept))
	}
	return errors.Join(problems...)
}
