package local

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"os"
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
	server := newServer(handler, c.certificate.server, c.errorLog)
	c.servers = append(c.servers, server)
	go func() { _ = server.ServeTLS(listener, "", "") }() // ends with ErrServerClosed
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
