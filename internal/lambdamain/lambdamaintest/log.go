package lambdamaintest

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Log is what a function logs. A test may read it while others write it. The zero value is
// an empty log.
type Log struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *Log) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Take returns what was logged since it was last called.
func (l *Log) Take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.text.Reset()
	return l.text.String()
}

// AssertMembers wants the lines of a log, all of them together, to have exactly these members:
// what reads the log by its members' names (a saved query) finds them, and nothing is written
// that its list does not know.
func AssertMembers(t *testing.T, lines string, want []string) {
	t.Helper()
	got := map[string]bool{}
	for text := range strings.Lines(lines) {
		var line map[string]any
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		for name := range line {
			got[name] = true
		}
	}
	if members := slices.Sorted(maps.Keys(got)); !slices.Equal(members, slices.Sorted(slices.Values(want))) {
		t.Errorf("the lines have the members %q, want %q", members, want)
	}
}
