package declared

import (
	"maps"
	"slices"
	"strings"
)

// keepInvented keeps a value that stands for one which AWS or Pulumi will choose, with
// the pattern of what can be said of that before.
func (g *Graph) keepInvented(value, pattern string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.invented[value] = pattern
}

// Pattern is a text of the graph as it holds in AWS too: in the place of each invented
// value stands what is known of the real one, such as "smart-validator-*" for the
// physical name of a function.
func (g *Graph) Pattern(text string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	var pairs []string
	longest := func(a, b string) int { return len(b) - len(a) } // a value may hold another
	for _, value := range slices.SortedStableFunc(slices.Values(slices.Sorted(maps.Keys(g.invented))), longest) {
		pairs = append(pairs, value, g.invented[value])
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// Invents reports whether a text holds an invented value.
func (g *Graph) Invents(text string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for value := range g.invented {
		if strings.Contains(text, value) {
			return true
		}
	}
	return false
}
