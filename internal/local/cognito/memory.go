package cognito

import (
	"crypto/rand"
	"crypto/sha256"
	"sync"
	"time"
)

// memory keeps values for a while under names that nobody can guess. It holds only
// the names' hashes: comparing takes no time that tells something of a name. A full
// memory forgets what would expire first.
type memory[T any] struct {
	limit int

	mu      sync.Mutex
	entries map[[sha256.Size]byte]remembered[T]
}

type remembered[T any] struct {
	value   T
	expires time.Time
}

func newMemory[T any](limit int) *memory[T] {
	return &memory[T]{limit: limit, entries: map[[sha256.Size]byte]remembered[T]{}}
}

// add keeps a value under a new name, and returns the name.
func (m *memory[T]) add(value T, now time.Time, lifetime time.Duration) string {
	name := rand.Text() + rand.Text()
	m.set(name, value, now, lifetime)
	return name
}

func (m *memory[T]) set(name string, value T, now time.Time, lifetime time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.entries) >= m.limit {
		m.makeRoom(now)
	}
	m.entries[sha256.Sum256([]byte(name))] = remembered[T]{value, now.Add(lifetime)}
}

func (m *memory[T]) makeRoom(now time.Time) {
	var first [sha256.Size]byte
	var earliest time.Time
	for hash, entry := range m.entries {
		if !now.Before(entry.expires) {
			delete(m.entries, hash)
			continue
		}
		if earliest.IsZero() || entry.expires.Before(earliest) {
			first, earliest = hash, entry.expires
		}
	}
	if len(m.entries) >= m.limit {
		delete(m.entries, first)
	}
}

func (m *memory[T]) get(name string, now time.Time) (T, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.lookUp(sha256.Sum256([]byte(name)), now)
}

// take returns a value to one caller only.
func (m *memory[T]) take(name string, now time.Time) (T, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	hash := sha256.Sum256([]byte(name))
	value, ok := m.lookUp(hash, now)
	delete(m.entries, hash)
	return value, ok
}

func (m *memory[T]) lookUp(hash [sha256.Size]byte, now time.Time) (T, bool) {
	entry, ok := m.entries[hash]
	if !ok || !now.Before(entry.expires) {
		var none T
		return none, false
	}
	return entry.value, true
}

func (m *memory[T]) forget(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.entries, sha256.Sum256([]byte(name)))
}

// forgetAll forgets the values that are unwanted, and returns them.
func (m *memory[T]) forgetAll(unwanted func(T) bool) []T {
	m.mu.Lock()
	defer m.mu.Unlock()
	var forgotten []T
	for hash, entry := range m.entries {
		if unwanted(entry.value) {
			forgotten = append(forgotten, entry.value)
			delete(m.entries, hash)
		}
	}
	return forgotten
}
