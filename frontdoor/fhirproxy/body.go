package fhirproxy

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"sync"
	"sync/atomic"
)

// received is the body of a request. It remembers why reading it failed: the app's fault,
// not the datastore's. The transport may still be reading when it has returned.
type received struct {
	io.ReadCloser
	failure atomic.Pointer[error]
}

// Read implements io.Reader.
func (b *received) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		b.failure.CompareAndSwap(nil, &err)
	}
	return n, err
}

// failed returns why reading failed, nil if it did not.
func (b *received) failed() error {
	if err := b.failure.Load(); err != nil {
		return *err
	}
	return nil
}

// errTooCostly is the failure of a spool that is full.
var errTooCostly = errors.New("larger than the way back takes")

// spool holds a body up to a limit, in bytes, and lets go of what was read.
type spool struct {
	limit, size int64
	segments    [][]byte
}

const spoolSegment = 64 << 10

// Write implements io.Writer.
func (s *spool) Write(p []byte) (int, error) {
	if s.size+int64(len(p)) > s.limit {
		return 0, errTooCostly
	}
	s.size += int64(len(p))
	for rest := p; len(rest) > 0; {
		last := len(s.segments) - 1
		if last < 0 || len(s.segments[last]) == cap(s.segments[last]) {
			s.segments = append(s.segments, make([]byte, 0, min(spoolSegment, max(4<<10, len(rest), int(s.size)))))
			last++
		}
		n := min(len(rest), cap(s.segments[last])-len(s.segments[last]))
		s.segments[last] = append(s.segments[last], rest[:n]...)
		rest = rest[n:]
	}
	return len(p), nil
}

// Read implements io.Reader.
func (s *spool) Read(p []byte) (int, error) {
	if len(s.segments) == 0 {
		return 0, io.EOF
	}
	n := copy(p, s.segments[0])
	if s.segments[0] = s.segments[0][n:]; len(s.segments[0]) == 0 {
		s.segments[0] = nil
		s.segments = s.segments[1:]
	}
	return n, nil
}

// copyBuffers are what answers are copied by, an httputil.BufferPool. A new buffer for every
// answer would be most of what an answer of ordinary size takes of the heap.
type copyBuffers struct{}

var copyBufferPool = sync.Pool{New: func() any { return new([32 << 10]byte) }}

// Get implements httputil.BufferPool.
func (copyBuffers) Get() []byte { return copyBufferPool.Get().(*[32 << 10]byte)[:] }

// Put implements httputil.BufferPool.
func (copyBuffers) Put(buffer []byte) { copyBufferPool.Put((*[32 << 10]byte)(buffer)) }

// compressed reads a body with gzip.
type compressed struct {
	body   io.Reader
	writer *gzip.Writer
	packed bytes.Buffer
	chunk  []byte
	err    error
}

var gzipWriters = sync.Pool{New: func() any {
	writer, err := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed)
	if err != nil {
		return gzip.NewWriter(io.Discard) // the level is one
	}
	return writer
}}

func compress(body io.Reader) *compressed {
	c := &compressed{body: body, writer: gzipWriters.Get().(*gzip.Writer), chunk: make([]byte, 16<<10)}
	c.writer.Reset(&c.packed)
	return c
}

// Read implements io.Reader.
func (c *compressed) Read(p []byte) (int, error) {
	for c.packed.Len() == 0 {
		if c.err != nil {
			return 0, c.err
		}
		var n int
		n, c.err = c.body.Read(c.chunk)
		_, _ = c.writer.Write(c.chunk[:n]) // a bytes.Buffer takes everything
		if c.err != nil {
			c.finish()
		}
	}
	return c.packed.Read(p)
}

// finish ends the stream if the body has ended, and leaves it open if the body broke off.
func (c *compressed) finish() {
	if errors.Is(c.err, io.EOF) {
		_ = c.writer.Close() // a bytes.Buffer takes everything
	}
	c.writer.Reset(io.Discard)
	gzipWriters.Put(c.writer)
	c.writer = nil
}
