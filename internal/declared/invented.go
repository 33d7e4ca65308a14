package declared

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
)

// invent keeps a value that stands for one which AWS or Pulumi will choose, with the
// pattern of what can be said of that before, and returns the value.
func (g *Graph) invent(value, pattern string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.invented == nil {
		g.invented = map[string]string{}
	}
	g.invented[value] = pattern
	return value
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

func (g *Graph) sum(name string) [sha256.Size]byte { return sha256.Sum256([]byte(g.seed + name)) }

func (g *Graph) digest(name string) string {
	sum := g.sum(name)
	return hex.EncodeToString(sum[:])
}

// uuidOf has a UUID's shape and follows from a name.
func (g *Graph) uuidOf(name string) string {
	h := g.digest(name)
	return g.invent(h[:8]+"-"+h[8:12]+"-"+h[12:16]+"-"+h[16:20]+"-"+h[20:32], "*")
}

func (g *Graph) token(name string) string {
	sum := g.sum(name)
	return base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:])
}
