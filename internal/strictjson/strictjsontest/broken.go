// Package strictjsontest holds JSON texts that a strict reader refuses, for the tests of
// whatever reads JSON with package strictjson.
package strictjsontest

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/strictjson"
)

// Wide is an object of so many members.
func Wide(members int) string { return "{" + fill(members) + "}" }

func fill(members int) string {
	list := make([]string, members)
	for i := range list {
		list[i] = fmt.Sprintf(`"x%d":0`, i)
	}
	return strings.Join(list, ",")
}

// BrokenObjects are texts that are no JSON object, or none that every reader reads the
// same, made from one that is: without white space, and with at least one member.
func BrokenObjects(good string) map[string]string {
	with := func(member string) string { return good[:len(good)-1] + "," + member + "}" }
	x := func(value string) string { return with(`"x":` + value) }
	return map[string]string{
		"a list":                       "[" + good + "]",
		"null":                         "null",
		"a number":                     "1",
		"a string":                     strconv.Quote(good),
		"white space":                  " ",
		"half an object":               good[:len(good)-1],
		"an object and text":           good + "x",
		"an object and a NUL":          good + "\x00",
		"two objects":                  good + good,
		"a byte order mark":            "\ufeff" + good,
		"a comment":                    good[:len(good)-1] + "/**/}",
		"a trailing comma":             good[:len(good)-1] + ",}",
		"a leading comma":              "{," + good[1:],
		"single quotes":                strings.ReplaceAll(good, `"`, `'`),
		"a bare name":                  with(`x:1`),
		"a name without a value":       good[:len(good)-1] + `,"x"}`,
		"NaN":                          x("NaN"),
		"a leading zero":               x("01"),
		"a leading plus":               x("+1"),
		"a bare decimal point":         x("1."),
		"a bare exponent":              x("1e"),
		"a hexadecimal number":         x("0x1"),
		"half a literal":               x("tru"),
		"a capital literal":            x("True"),
		"an unknown escape":            x(`"\x"`),
		"half an escape":               x(`"\u00"`),
		"a raw line feed":              x("\"\n\""),
		"an open string":               good[:len(good)-1] + `,"x":"}`,
		"a byte that is no UTF-8":      x("\"\xff\""),
		"an overlong byte sequence":    x("\"\xc0\xaf\""),
		"a surrogate in UTF-8":         x("\"\xed\xa0\x80\""),
		"a lone high surrogate":        x(`"\ud800"`),
		"a lone low surrogate":         x(`"\udc00"`),
		"surrogates in reverse":        x(`"\udc00\ud800"`),
		"a surrogate before text":      x(`"\ud800x"`),
		"a surrogate before an escape": x(`"\ud800\n"`),
		"a lone surrogate for a name":  with(`"\ud800":1`),
		"lists too deep":               x(strings.Repeat("[", strictjson.MaxDepth) + strings.Repeat("]", strictjson.MaxDepth)),
		"objects too deep":             x(strings.Repeat(`{"x":`, strictjson.MaxDepth) + "1" + strings.Repeat("}", strictjson.MaxDepth)),
		"a thousand open lists":        x(strings.Repeat("[", 1000)),
		"too many members":             with(fill(strictjson.MaxMembers)),
		"too many members inside":      x(Wide(strictjson.MaxMembers + 1)),
	}
}
