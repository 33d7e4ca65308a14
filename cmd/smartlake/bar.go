package main

import (
	"fmt"
	"io"
	"strings"
)

// bar shows how much of a long work is done: on a terminal as a bar that grows, elsewhere
// as at most ten plain lines.
type bar struct {
	progress *progress
	what     string
	total    int
	told     int // tenths, elsewhere than on a terminal
}

const barWidth = 30

func newBar(out io.Writer, what string, total int) *bar {
	return &bar{progress: newProgress(out), what: what, total: total}
}

// set says how much is done. It is called by one at a time.
func (b *bar) set(done int) {
	if b.progress.terminal {
		full := barWidth * done / max(1, b.total)
		b.progress.show("%s [%s%s] %d of %d", b.what, strings.Repeat("#", full), strings.Repeat(".", barWidth-full), done, b.total)
		return
	}
	if tenth := 10 * done / max(1, b.total); tenth > b.told {
		b.told = tenth
		fmt.Fprintf(b.progress.out, "%s: %d of %d\n", b.what, done, b.total)
	}
}

func (b *bar) clear() { b.progress.clear() }
