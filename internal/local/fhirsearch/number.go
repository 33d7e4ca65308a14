package fhirsearch

import (
	"encoding/json"
	"math/big"
	"regexp"
	"strconv"
)

// numberPattern bounds the exponent, so that a short text is no large number.
var numberPattern = regexp.MustCompile(`^[+-]?[0-9]{1,64}(?:\.([0-9]{1,64}))?(?:[eE]([+-]?[0-9]{1,2}))?$`)

// readNumber reads a number, and half the unit of its last digit.
func readNumber(text string) (value, half *big.Rat, ok bool) {
	found := numberPattern.FindStringSubmatch(text)
	if found == nil {
		return nil, nil, false
	}
	value, ok = new(big.Rat).SetString(text)
	if !ok {
		return nil, nil, false
	}
	exponent, _ := strconv.Atoi(found[2]) // empty for none
	half, ok = new(big.Rat).SetString("0.5e" + strconv.Itoa(exponent-len(found[1])))
	return value, half, ok
}

// interval is the numbers from one to another; nil for no end. An open one is without its
// ends.
type interval struct {
	low, high *big.Rat
	open      bool
}

// number compares numbers: one that equals another does so in the digits that were asked
// for, so that 5.4 is from 5.35 to below 5.45.
type number struct {
	prefix    prefix
	value     *big.Rat
	low, high *big.Rat // what the digits cover, the upper end not
}

func (d Dialect) number(parameter, text string) (comparison, error) {
	n, err := d.readAsked(parameter, text, text)
	if err != nil {
		return nil, err
	}
	return n, nil
}

func (d Dialect) readAsked(parameter, whole, text string) (number, error) {
	p, digits, err := d.prefixed(parameter, text)
	if err != nil {
		return number{}, err
	}
	value, half, ok := readNumber(digits)
	if !ok {
		return number{}, malformed(parameter, "%q: must be a number such as 100, 5.40 or 1e2, behind a prefix or none", whole)
	}
	if p == ap { // the tenth part of the value
		if tenth := new(big.Rat).Mul(new(big.Rat).Abs(value), big.NewRat(1, 10)); tenth.Cmp(half) > 0 {
			half = tenth
		}
	}
	return number{p, value, new(big.Rat).Sub(value, half), new(big.Rat).Add(value, half)}, nil
}

func (n number) matches(value any, typ string) bool {
	if typ == "Range" {
		object, _ := value.(map[string]any)
		has, ok := rangeOf(object)
		return ok && n.holds(has)
	}
	has, ok := ratOf(value)
	return ok && n.holds(interval{low: has, high: has})
}

// holds compares with the value itself, but for eq, ne and ap with what its digits cover.
func (n number) holds(has interval) bool {
	from := func(limit *big.Rat) int { return has.end(has.low, limit, -1) }
	to := func(limit *big.Rat) int { return has.end(has.high, limit, 1) }
	r := relation{
		contained:    from(n.low) >= 0 && to(n.high) < 0,
		overlaps:     from(n.high) < 0 && to(n.low) >= 0,
		endsAfter:    to(n.value) > 0,
		beginsBefore: from(n.value) < 0,
		beginsAfter:  from(n.value) > 0,
		endsBefore:   to(n.value) < 0,
	}
	switch n.prefix {
	case ge:
		r.contained = to(n.value) == 0
	case le:
		r.contained = from(n.value) == 0
	default:
	}
	return n.prefix.holds(r)
}

// end compares an end with a number, as far as the interval reaches: without is the answer
// where it has no end.
func (i interval) end(end, limit *big.Rat, without int) int {
	if end == nil {
		return without
	}
	by := end.Cmp(limit)
	if by == 0 && i.open {
		return -without
	}
	return by
}

// ratOf is the number that a JSON value is.
func ratOf(value any) (*big.Rat, bool) {
	switch value := value.(type) {
	case json.Number:
		r, _, ok := readNumber(value.String())
		return r, ok
	case float64:
		r, _, ok := readNumber(strconv.FormatFloat(value, 'g', -1, 64))
		return r, ok
	case int:
		return new(big.Rat).SetInt64(int64(value)), true
	default:
		return nil, false
	}
}

func rangeOf(object map[string]any) (interval, bool) {
	low, _ := object["low"].(map[string]any)
	high, _ := object["high"].(map[string]any)
	from, hasFrom := ratOf(low["value"])
	to, hasTo := ratOf(high["value"])
	return interval{low: from, high: to}, hasFrom || hasTo
}

// quantity compares numbers with a unit. It converts none.
type quantity struct {
	number
	unit      bool // whether one is asked for
	anySystem bool
	system    string
	code      string
}

// currencies is the system of the unit of a Money.
const currencies = "urn:iso:std:iso:4217"

// quantity reads "5.4", "5.4|system|code" or "5.4||code".
func (d Dialect) quantity(parameter, value string) (comparison, error) {
	parts := split(value, '|')
	if len(parts) != 1 && len(parts) != 3 {
		return nil, malformed(parameter, "%q: must be a number, or number|system|code with the system empty for any", value)
	}
	n, err := d.readAsked(parameter, value, parts[0])
	if err != nil {
		return nil, err
	}
	q := quantity{number: n}
	if len(parts) == 3 {
		q.system, q.code = unescape(parts[1]), unescape(parts[2])
		q.unit, q.anySystem = q.system != "" || q.code != "", q.system == ""
	}
	return q, nil
}

func (q quantity) matches(value any, typ string) bool {
	object, _ := value.(map[string]any)
	if typ == "Range" {
		has, ok := rangeOf(object)
		if !ok {
			return false
		}
		for _, end := range []string{"low", "high"} {
			if limit, there := object[end].(map[string]any); there && !q.hasUnit(limit) {
				return false
			}
		}
		return q.holds(has)
	}
	has, ok := ratOf(object["value"])
	if !ok {
		return false
	}
	if typ == "Money" {
		object = map[string]any{"system": currencies, "code": object["currency"]}
	}
	if !q.hasUnit(object) {
		return false
	}
	switch comparator, _ := object["comparator"].(string); comparator {
	case "<", "<=":
		return q.holds(interval{high: has, open: comparator == "<"})
	case ">", ">=":
		return q.holds(interval{low: has, open: comparator == ">"})
	default:
		return q.holds(interval{low: has, high: has})
	}
}

// hasUnit compares the unit: the code in a system, or without a system the code or the
// words for it.
func (q quantity) hasUnit(object map[string]any) bool {
	switch {
	case !q.unit:
		return true
	case q.anySystem:
		return object["code"] == q.code || object["unit"] == q.code
	default:
		return object["system"] == q.system && (q.code == "" || object["code"] == q.code)
	}
}
