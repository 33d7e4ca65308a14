// Package lambda runs a Lambda function of the provided runtimes as processes of
// this machine: the archive is unpacked, "bootstrap" is started with the declared
// environment, and speaks the Lambda Runtime API with this package.
//
// What it leaves out: processor and memory limits, freezing between calls, the
// Extensions and Telemetry APIs, and what IAM says of the execution role.
package lambda

import (
	"archive/zip"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/local/sigv4"
)

// Config describes a function.
type Config struct {
	ARN         string
	Name        string
	Archive     string // path of a zip with an executable "bootstrap"
	Environment map[string]string
	// Region of the function, and Credentials of its execution role. Lambda puts both into
	// the function's environment, whatever is declared there.
	Region      string
	Credentials sigv4.Credentials
	Timeout     time.Duration
	Dir         string    // a directory of the function's own, to unpack the archive into
	Log         io.Writer // what the function writes; nil for nowhere
	// ErrorLog gets the panics of the Runtime API; nil for the log package's logger.
	ErrorLog *log.Logger
	// IdleTime is how long an instance without a call is kept; 0 for five minutes.
	// Lambda does not document how long it keeps one.
	IdleTime time.Duration
}

const (
	maxBootstrapBytes = 256 << 20 // Lambda's limit of an unpacked function
	maxInstances      = 64        // of Lambda's 1000: as many processes as a small machine bears
	defaultIdleTime   = 5 * time.Minute
	initTimeout       = 10 * time.Second // Lambda's limit of a start
)

// Function runs as many instances as there are calls at the same time, each
// judging one call at a time, as Lambda does. An instance starts with the first
// call that needs it: a cold start.
type Function struct {
	config Config

	mu        sync.Mutex
	idle      []*instance
	instances map[*instance]struct{}
	closed    bool
	fault     Fault
}

// ErrTooManyInstances is Lambda's throttling.
var ErrTooManyInstances = errors.New("TooManyRequestsException: rate exceeded")

// New unpacks the archive. Nothing runs before the first call.
func New(config Config) (*Function, error) {
	if err := unpack(config.Archive, config.Dir); err != nil {
		return nil, fmt.Errorf("function %s: %w", config.Name, err)
	}
	if config.Log == nil {
		config.Log = io.Discard
	}
	config.IdleTime = cmp.Or(config.IdleTime, defaultIdleTime)
	config.Log = &serialWriter{writer: config.Log}
	return &Function{config: config, instances: map[*instance]struct{}{}}, nil
}

// serialWriter keeps the lines of several instances apart.
type serialWriter struct {
	mu     sync.Mutex
	writer io.Writer
}

func (w *serialWriter) Write(text []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.writer.Write(text)
}

// Invoke calls the function, and tells whether a process had to be started for
// it. It gives up when the context ends; the function itself goes on until its own
// timeout, as on Lambda.
func (f *Function) Invoke(ctx context.Context, payload []byte) (answer []byte, cold bool, err error) {
	i, cold, err := f.take()
	if err != nil {
		return nil, cold, err
	}
	if err := f.suffer(ctx, i); err != nil {
		return nil, cold, err
	}
	type result struct {
		answer []byte
		err    error
	}
	done := make(chan result, 1)
	go func() {
		answer, err := i.invoke(payload, f.config.Timeout)
		f.release(i, err == nil)
		done <- result{answer, err}
	}()
	select {
	case r := <-done:
		return r.answer, cold, r.err
	case <-ctx.Done():
		return nil, cold, ctx.Err()
	}
}

// Warm starts an instance before the first call, and waits until it is ready. If that fails,
// the first call starts another, and tells what is wrong.
func (f *Function) Warm() {
	i, _, err := f.take()
	if err != nil {
		return
	}
	timer := time.NewTimer(initTimeout)
	defer timer.Stop()
	select {
	case <-i.ready:
		f.release(i, true)
	case <-i.exited:
		f.release(i, false)
	case <-timer.C:
		f.release(i, false)
	}
}

func (f *Function) take() (i *instance, cold bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil, false, errors.New("the local cloud is shutting down")
	}
	for n := len(f.idle); n > 0; n = len(f.idle) {
		i, f.idle = f.idle[n-1], f.idle[:n-1]
		i.idleTimer.Stop()
		if !i.ended() {
			return i, false, nil
		}
		delete(f.instances, i)
		i.stop() // its process is gone; its API is not
	}
	if len(f.instances) == maxInstances {
		return nil, false, ErrTooManyInstances
	}
	if i, err = start(f.config); err != nil {
		return nil, true, err
	}
	f.instances[i] = struct{}{}
	return i, true, nil
}

// release returns an instance to the idle ones. One that failed is ended: Lambda
// does not trust it either.
func (f *Function) release(i *instance, healthy bool) {
	f.mu.Lock()
	keep := healthy && !f.closed
	if keep {
		f.idle = append(f.idle, i)
		i.idleTimer = time.AfterFunc(f.config.IdleTime, func() { f.retire(i) })
	} else {
		delete(f.instances, i)
	}
	f.mu.Unlock()
	if !keep {
		i.stop()
	}
}

// retire ends an instance that is still idle.
func (f *Function) retire(i *instance) {
	f.mu.Lock()
	at := slices.Index(f.idle, i)
	if at >= 0 {
		f.idle = slices.Delete(f.idle, at, at+1)
		delete(f.instances, i)
	}
	f.mu.Unlock()
	if at >= 0 {
		i.stop()
	}
}

// Close ends every instance and waits for it.
func (f *Function) Close() {
	f.mu.Lock()
	f.closed = true
	ending := f.instances
	for _, i := range f.idle {
		i.idleTimer.Stop()
	}
	f.instances, f.idle = nil, nil
	f.mu.Unlock()
	var wait sync.WaitGroup
	for i := range ending {
		wait.Go(i.stop)
	}
	wait.Wait()
}

func unpack(archive, dir string) error {
	reader, err := zip.OpenReader(archive)
	if err != nil {
		return err
	}
	defer func() { _ = reader.Close() }()
	bootstrap, err := reader.Open("bootstrap")
	if err != nil {
		return fmt.Errorf("%s: %w", archive, err)
	}
	defer func() { _ = bootstrap.Close() }()
	file, err := os.OpenFile(filepath.Join(dir, "bootstrap"), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o700) //nolint:gosec // a program
	if err != nil {
		return err
	}
	_, copyErr := io.Copy(file, io.LimitReader(bootstrap, maxBootstrapBytes))
	return errors.Join(copyErr, file.Close())
}
