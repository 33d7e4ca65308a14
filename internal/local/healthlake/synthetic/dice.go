package synthetic

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
)

// dice draws from PCG, whose sequence is defined by its seed. It takes nothing else of
// math/rand/v2: how a *rand.Rand makes numbers of a source may change with Go.
type dice struct{ source *rand.PCG }

func newDice(seed, stream uint64) dice {
	return dice{rand.NewPCG(seed, stream)}
}

// below draws one of 0 to n-1.
func (d dice) below(n int) int {
	return int(d.source.Uint64() % uint64(n)) //nolint:gosec // small numbers, and patients who never lived
}

// between draws one of low to high.
func (d dice) between(low, high int) int { return low + d.below(high-low+1) }

func pick[T any](d dice, from []T) T { return from[d.below(len(from))] }

// some draws n different ones, in the order of the list.
func some[T any](d dice, n int, from []T) []T {
	var drawn []T
	for i, one := range from {
		if d.below(len(from)-i) < n-len(drawn) {
			drawn = append(drawn, one)
		}
	}
	return drawn
}

// decimal writes a number of tenths as FHIR does.
func decimal(tenths int) json.Number {
	return json.Number(fmt.Sprintf("%d.%d", tenths/10, tenths%10))
}

func whole(n int) json.Number { return json.Number(fmt.Sprint(n)) }

// name draws a HumanName.
func (d dice) name(gender string) object {
	return object{"use": "official", "family": pick(d, families), "given": list(pick(d, givens[gender]), pick(d, givens[gender]))}
}

// address is one at a house of a street.
func address(house, town int) object {
	t := towns[town%len(towns)]
	return object{
		"use": "work", "line": list(fmt.Sprintf("%d %s", house, t.street)),
		"city": t.city, "state": t.state, "postalCode": t.postalCode, "country": "US",
	}
}
