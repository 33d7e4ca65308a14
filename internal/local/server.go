package local

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

const (
	headerTimeout = 5 * time.Second
	// requestTimeout bounds a request with its body, and answerTimeout the time until
	// its answer was taken. Both leave room for the slowest answer, which a FHIR server
	// behind may need ten seconds for, several times.
	requestTimeout = time.Minute
	answerTimeout  = 2 * time.Minute
	idleTimeout    = 2 * time.Minute
)

// newServer is a server of one of the cloud's endpoints.
func newServer(handler http.Handler, certificate tls.Certificate, errorLog *log.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       requestTimeout,
		WriteTimeout:      answerTimeout,
		IdleTimeout:       idleTimeout,
		TLSConfig:         &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{certificate}},
		ErrorLog:          errorLog,
	}
}

func (c *Cloud) serve(listener net.Listener, handler http.Handler) {
	c.servers = append(c.servers, serve(listener, newServer(handler, c.certificate.server, c.errorLog)))
}

// endpointServer serves one endpoint.
type endpointServer struct {
	http     *http.Server
	listener net.Listener
	serving  sync.WaitGroup

	mu  sync.Mutex
	new map[net.Conn]bool // connections without a request so far
}

func serve(listener net.Listener, server *http.Server) *endpointServer {
	s := &endpointServer{http: server, listener: listener, new: map[net.Conn]bool{}}
	server.ConnState = s.note
	s.serving.Go(func() { _ = server.ServeTLS(listener, "", "") }) // ends because the listener is closed
	return s
}

func (s *endpointServer) note(connection net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if state == http.StateNew {
		s.new[connection] = true
	} else {
		delete(s.new, connection)
	}
}

func (s *endpointServer) hasNew() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.new) > 0
}

// close ends the server. A gentle end answers the requests of all connections first, as far as
// there is time.
func (s *endpointServer) close(ctx context.Context, gently bool) error {
	if !gently {
		err := s.http.Close()
		s.serving.Wait()
		return err
	}
	err := s.listener.Close()
	s.serving.Wait()
	// Shutdown answers no request that it finds unread.
	for s.hasNew() && ctx.Err() == nil {
		time.Sleep(5 * time.Millisecond)
	}
	ended := s.http.Shutdown(ctx)
	if errors.Is(ended, context.DeadlineExceeded) {
		ended = s.http.Close()
	}
	return errors.Join(err, ended)
}

func newErrorLog(out io.Writer) *log.Logger {
	return log.New(withoutHandshakes{cmp.Or[io.Writer](out, os.Stderr)}, "smartlake local: ", log.LstdFlags)
}

// withoutHandshakes leaves out the handshakes that failed: those of clients that do
// not trust the cloud's certificate, such as a browser on its first visit.
type withoutHandshakes struct{ out io.Writer }

func (w withoutHandshakes) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte("http: TLS handshake error from ")) {
		return len(line), nil
	}
	return w.out.Write(line)
}
