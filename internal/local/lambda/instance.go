package lambda

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/smartlake/pulumi-smartlake/internal/processgroup"
)

const (
	// bodyTimeout is how long the Runtime API waits for a request's body.
	bodyTimeout = 5 * time.Second
	// outputTimeout is how long a process's output is read after the process ended:
	// what it started may hold the output open for longer.
	outputTimeout = time.Second
	// killTimeout is how long a killed process is waited for. Only one that hangs in
	// the kernel takes longer.
	killTimeout = 5 * time.Second
)

// instance is one process of the function and the Runtime API that it speaks with
// (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html).
//
// Every user of this machine can connect to loopback, and whoever answers an
// invocation decides. The path of the API is therefore a secret that only the
// function's environment holds, which other users cannot read.
type instance struct {
	functionARN string
	process     *exec.Cmd
	api         *http.Server

	invocations chan invocation
	ready       chan struct{} // closed when the process asks for its first call
	readyOnce   sync.Once
	exited      chan struct{} // closed when the process has ended
	stopOnce    sync.Once
	idleTimer   *time.Timer // ends an idle instance; guarded by the function's lock

	mu      sync.Mutex
	pending map[string]chan outcome // by request id
}

type invocation struct {
	id       string
	payload  []byte
	deadline time.Time
}

type outcome struct {
	answer []byte
	err    error
}

// start starts the process. Its environment is the declared one and what the
// Lambda service adds, and nothing of ours.
func start(config Config) (*instance, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	i := &instance{
		functionARN: config.ARN,
		invocations: make(chan invocation),
		ready:       make(chan struct{}),
		exited:      make(chan struct{}),
		pending:     map[string]chan outcome{},
	}
	address, path := listener.Addr().String(), "/"+rand.Text()
	i.api = &http.Server{
		Handler:           limitBodies(refuseBrowsers(address, i.routes(path))),
		ReadHeaderTimeout: bodyTimeout,
		IdleTimeout:       config.IdleTime,
		ErrorLog:          config.ErrorLog,
	}
	i.process = exec.Command(filepath.Join(config.Dir, "bootstrap"))
	i.process.Dir = config.Dir
	i.process.Env = environment(config, address+path)
	i.process.Stdout, i.process.Stderr = config.Log, config.Log
	i.process.WaitDelay = outputTimeout
	processgroup.Own(i.process)
	if err := i.process.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("function %s: %w", config.Name, err), listener.Close())
	}
	go func() { _ = i.api.Serve(listener) }() // ends with ErrServerClosed
	go func() {
		_ = i.process.Wait()         // how it ended matters less than that it did
		processgroup.Kill(i.process) // what it started and left behind
		close(i.exited)
	}()
	return i, nil
}

// environment is the declared one with what Lambda adds. The names that Lambda reserves
// are its own
// (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html).
func environment(config Config, api string) []string {
	all := map[string]string{"TZ": ":UTC"}
	maps.Copy(all, config.Environment)
	maps.Copy(all, config.Credentials.Environment(config.Region))
	maps.Copy(all, map[string]string{
		"AWS_LAMBDA_RUNTIME_API":      api,
		"AWS_LAMBDA_FUNCTION_NAME":    config.Name,
		"AWS_LAMBDA_FUNCTION_VERSION": "1",
		"LAMBDA_TASK_ROOT":            config.Dir,
		"_HANDLER":                    "bootstrap",
	})
	var env []string
	for name, value := range all {
		env = append(env, name+"="+value)
	}
	return env
}

func (i *instance) invoke(payload []byte, timeout time.Duration) ([]byte, error) {
	id := uuid.NewString()
	done := make(chan outcome, 1)
	i.mu.Lock()
	i.pending[id] = done
	i.mu.Unlock()
	defer func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		delete(i.pending, id)
	}()
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	timedOut := fmt.Errorf("task timed out after %s", timeout)
	select {
	case i.invocations <- invocation{id, payload, time.Now().Add(timeout)}:
	case <-i.exited:
		return nil, errors.New("the function ended during its start; its log says why")
	case <-timer.C:
		return nil, timedOut
	}
	select {
	case o := <-done:
		return o.answer, o.err
	case <-i.exited:
		return nil, errors.New("the function ended without an answer; its log says why")
	case <-timer.C:
		return nil, timedOut
	}
}

// stop ends the process with all that it started, and its API, and waits until they
// are gone.
func (i *instance) stop() {
	i.stopOnce.Do(func() {
		if !i.ended() { // otherwise its number may be another process's by now
			processgroup.Kill(i.process)
		}
		_ = i.api.Close() // its connections are the process's own
		timer := time.NewTimer(killTimeout)
		defer timer.Stop()
		select {
		case <-i.exited:
		case <-timer.C:
		}
	})
}

// ended reports whether the process is gone.
func (i *instance) ended() bool {
	select {
	case <-i.exited:
		return true
	default:
		return false
	}
}

// routes are those of the Runtime API below a path. Any other path is not found.
func (i *instance) routes(path string) http.Handler {
	base := path + "/2018-06-01/runtime/"
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+base+"invocation/next", i.serveNext)
	mux.HandleFunc("POST "+base+"invocation/{id}/response", func(w http.ResponseWriter, r *http.Request) {
		i.complete(w, r, func(body []byte) outcome { return outcome{answer: body} })
	})
	mux.HandleFunc("POST "+base+"invocation/{id}/error", func(w http.ResponseWriter, r *http.Request) {
		i.complete(w, r, func(body []byte) outcome { return outcome{err: functionError(body)} })
	})
	mux.HandleFunc("POST "+base+"init/error", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusAccepted)
	})
	return mux
}

// refuseBrowsers keeps web pages out: events hold bearer tokens, and who answers one
// decides. A page whose own host name was made to resolve to loopback (DNS rebinding)
// asks for that name, and browsers mark what they send from anywhere to loopback
// (https://www.w3.org/TR/fetch-metadata/). The function knows the address alone.
func refuseBrowsers(address string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != address || r.Header.Get("Sec-Fetch-Site") != "" {
			http.Error(w, "this API is only for the function", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// limitBodies bounds how long a request's body may take. http.Server.ReadTimeout would
// do so for the wait for the next invocation too, which has no bound.
func limitBodies(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			if err := http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout)); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

func (i *instance) serveNext(w http.ResponseWriter, r *http.Request) {
	i.readyOnce.Do(func() { close(i.ready) })
	select {
	case <-r.Context().Done():
	case next := <-i.invocations:
		header := w.Header()
		header.Set("Content-Type", "application/json")
		header.Set("Lambda-Runtime-Aws-Request-Id", next.id)
		header.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(next.deadline.UnixMilli(), 10))
		header.Set("Lambda-Runtime-Invoked-Function-Arn", i.functionARN)
		_, _ = w.Write(next.payload) // a process that went away shows as exited
	}
}

func (i *instance) complete(w http.ResponseWriter, r *http.Request, read func([]byte) outcome) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 6<<20)) // Lambda's limit of an answer
	o := outcome{err: err}
	if err == nil {
		o = read(body)
	}
	i.mu.Lock()
	done, ok := i.pending[r.PathValue("id")]
	i.mu.Unlock()
	if !ok {
		http.Error(w, "no such request", http.StatusBadRequest)
		return
	}
	select {
	case done <- o:
	default: // answered twice: the first answer counts
	}
	w.WriteHeader(http.StatusAccepted)
}

// FunctionError is what a function says of its own failure.
type FunctionError struct{ Type, Message string }

func (e *FunctionError) Error() string {
	return fmt.Sprintf("the function failed: %s: %s", e.Type, e.Message)
}

func functionError(body []byte) error {
	var e struct {
		Message string `json:"errorMessage"`
		Type    string `json:"errorType"`
	}
	if err := json.Unmarshal(body, &e); err != nil {
		return errors.New("the function failed")
	}
	return &FunctionError{e.Type, e.Message}
}
