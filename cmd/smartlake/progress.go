package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

// progress shows what is being done: on a terminal one line that changes and goes,
// elsewhere plain lines.
type progress struct {
	out      io.Writer
	terminal bool

	mu      sync.Mutex
	text    string
	stopped chan struct{} // closed to end the spinner; nil while there is none
	done    chan struct{} // closed when it has ended
}

func newProgress(out io.Writer) *progress {
	return &progress{out: out, terminal: isTerminal(out) && os.Getenv("TERM") != "dumb"}
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// colored reports whether a writer takes colors and the user does (https://no-color.org).
func colored(w io.Writer) bool {
	return isTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// show says what is being done from now on.
func (p *progress) show(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text = fmt.Sprintf(format, args...)
	switch {
	case !p.terminal:
		fmt.Fprintln(p.out, p.text)
	case p.stopped == nil:
		p.stopped, p.done = make(chan struct{}), make(chan struct{})
		go p.spin(p.stopped, p.done)
	}
}

// clear ends the line, so that something else can be printed.
func (p *progress) clear() {
	p.mu.Lock()
	stopped, done := p.stopped, p.done
	p.stopped, p.done = nil, nil
	p.mu.Unlock()
	if stopped != nil {
		close(stopped)
		<-done
	}
}

func (p *progress) spin(stopped, done chan struct{}) {
	defer close(done)
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for n := 0; ; n++ {
		p.mu.Lock()
		fmt.Fprintf(p.out, "\r%c %s\x1b[K", `-\|/`[n%4], p.text)
		p.mu.Unlock()
		select {
		case <-ticker.C:
		case <-stopped:
			fmt.Fprint(p.out, "\r\x1b[K")
			return
		}
	}
}
