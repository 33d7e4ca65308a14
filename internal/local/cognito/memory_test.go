package cognito

import (
	"testing"
	"time"
)

func TestAMemoryHoldsNoMoreThanItsLimitAndForgetsTheOldest(t *testing.T) {
	now := time.Unix(0, 0)
	m := newMemory[int](3)
	names := []string{m.add(0, now, 4*time.Hour), m.add(1, now, time.Hour), m.add(2, now, 3*time.Hour), m.add(3, now, 2*time.Hour)}
	for i, name := range names {
		if value, ok := m.get(name, now); ok == (i == 1) || ok && value != i {
			t.Errorf("value %d: %d, %t", i, value, ok)
		}
	}
	later := now.Add(3 * time.Hour) // two have expired, and go first
	kept := []string{names[0], m.add(4, later, time.Minute), m.add(5, later, time.Minute)}
	for _, name := range kept {
		if _, ok := m.get(name, later); !ok {
			t.Error("a value that has not expired is gone")
		}
	}
	if len(m.entries) != 3 {
		t.Errorf("%d values, want 3", len(m.entries))
	}
	if _, ok := m.take(kept[0], later.Add(time.Hour)); ok {
		t.Error("a value is there when it expires")
	}
}
