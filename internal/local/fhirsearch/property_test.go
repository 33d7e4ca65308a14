package fhirsearch_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/smartlake/pulumi-smartlake/internal/local/fhirsearch"
)

// The rules of https://hl7.org/fhir/R4/search.html#prefix once more, on whole numbers: a
// value covers the numbers from low to high.
type covered struct{ low, high int }

var rules = map[string]func(has, asked covered) bool{
	"":   func(has, asked covered) bool { return has.low >= asked.low && has.high <= asked.high },
	"eq": func(has, asked covered) bool { return has.low >= asked.low && has.high <= asked.high },
	"ne": func(has, asked covered) bool { return has.low < asked.low || has.high > asked.high },
	"gt": func(has, asked covered) bool { return has.high > asked.high },
	"lt": func(has, asked covered) bool { return has.low < asked.low },
	"ge": func(has, asked covered) bool {
		return has.high > asked.high || has.low >= asked.low && has.high <= asked.high
	},
	"le": func(has, asked covered) bool {
		return has.low < asked.low || has.low >= asked.low && has.high <= asked.high
	},
	"sa": func(has, asked covered) bool { return has.low > asked.high },
	"eb": func(has, asked covered) bool { return has.high < asked.low },
}

func drawPrefix(t *rapid.T) string {
	return rapid.SampledFrom([]string{"", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb"}).Draw(t, "prefix")
}

// drawDay is a date of some precision in two years of 28-day months, and the days that it
// covers; the last ones of each month are nobody's.
func drawDay(t *rapid.T, label string) (string, covered) {
	year, month, day := rapid.IntRange(0, 1).Draw(t, label+" year"), rapid.IntRange(0, 11).Draw(t, label+" month"), rapid.IntRange(0, 27).Draw(t, label+" day")
	switch rapid.IntRange(4, 6).Draw(t, label+" precision") {
	case 4:
		return fmt.Sprintf("%d", 2023+year), covered{year * 12 * 31, year*12*31 + 12*31 - 1}
	case 5:
		begin := (year*12 + month) * 31
		return fmt.Sprintf("%d-%02d", 2023+year, month+1), covered{begin, begin + 30}
	default:
		at := (year*12+month)*31 + day
		return fmt.Sprintf("%d-%02d-%02d", 2023+year, month+1, day+1), covered{at, at}
	}
}

func TestDatesAreComparedByWhatTheyCover(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		prefix := drawPrefix(t)
		value, asked := drawDay(t, "asked")
		start, has := drawDay(t, "has")
		resource := map[string]any{"resourceType": "Encounter", "period": map[string]any{"start": start, "end": start}}
		switch rapid.IntRange(0, 3).Draw(t, "form") {
		case 0:
			end, until := drawDay(t, "until")
			if until.high < has.low {
				t.Skip("ends before it begins")
			}
			resource["period"] = map[string]any{"start": start, "end": end}
			has.high = until.high
		case 1:
			resource["period"] = map[string]any{"start": start}
			has.high = math.MaxInt
		case 2:
			resource["period"] = map[string]any{"end": start}
			has.low = math.MinInt
		}
		criterion, err := fhirsearch.Dialect{}.Parse("Encounter", "date", prefix+value)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := criterion.Matches(resource), rules[prefix](has, asked); got != want {
			t.Fatalf("%s%s and %v: got %t", prefix, value, resource["period"], got)
		}
	})
}

// drawDecimal is a number with up to three decimals, in thousandths, and half the unit of
// its last digit in ten-thousandths.
func drawDecimal(t *rapid.T, label string) (text string, thousandths, half int) {
	decimals := rapid.IntRange(0, 3).Draw(t, label+" decimals")
	unit := int(math.Pow10(3 - decimals))
	thousandths = rapid.IntRange(-3000/unit, 3000/unit).Draw(t, label) * unit
	return fmt.Sprintf("%.*f", decimals, float64(thousandths)/1000), thousandths, unit * 5
}

func TestNumbersAreComparedByTheirDigits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		prefix := drawPrefix(t)
		value, asked, half := drawDecimal(t, "asked")
		text, has, _ := drawDecimal(t, "has")
		want := has*10 >= asked*10-half && has*10 < asked*10+half
		switch prefix {
		case "ne":
			want = !want
		case "gt", "sa":
			want = has > asked
		case "lt", "eb":
			want = has < asked
		case "ge":
			want = has >= asked
		case "le":
			want = has <= asked
		}
		var number any = json.Number(text)
		if rapid.Bool().Draw(t, "decoded as a float") {
			number = float64(has) / 1000
		}
		resource := map[string]any{"resourceType": "Observation", "valueQuantity": map[string]any{"value": number}}
		criterion, err := fhirsearch.Dialect{}.Parse("Observation", "value-quantity", prefix+value)
		if err != nil {
			t.Fatal(err)
		}
		if got := criterion.Matches(resource); got != want {
			t.Fatalf("%s%s and %s: got %t", prefix, value, text, got)
		}
	})
}

// escape writes a text as one value of a parameter.
var escape = strings.NewReplacer(`\`, `\\`, `,`, `\,`, `|`, `\|`, `$`, `\$`)

func TestEveryCodeIsFoundByItselfHoweverItIsSpelt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(label string) string {
			return rapid.StringOfN(rapid.SampledFrom([]rune(`ab,|$\ :/é`)), 1, 6, -1).Draw(t, label)
		}
		system, code, other := draw("system"), draw("code"), draw("other")
		resource := map[string]any{"resourceType": "Observation", "code": map[string]any{"coding": []any{map[string]any{"system": system, "code": code}}}}
		for value, want := range map[string]bool{
			escape.Replace(code): true,
			escape.Replace(system) + "|" + escape.Replace(code):  true,
			escape.Replace(system) + "|":                         true,
			escape.Replace(other) + "," + escape.Replace(code):   true,
			"|" + escape.Replace(code):                           false,
			escape.Replace(other):                                other == code,
			escape.Replace(other) + "|" + escape.Replace(code):   other == system,
			escape.Replace(system) + "|" + escape.Replace(other): other == code,
		} {
			criterion, err := fhirsearch.Dialect{}.Parse("Observation", "code", value)
			if err != nil {
				t.Fatalf("%s: %v", value, err)
			}
			if got := criterion.Matches(resource); got != want {
				t.Fatalf("%s finds %s|%s: %t", value, system, code, got)
			}
		}
	})
}
