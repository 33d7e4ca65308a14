package strictjson_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/strictjson"
	"github.com/smartlake/pulumi-smartlake/internal/strictjson/strictjsontest"
)

// member is a member of an object as its reader sees it.
type member struct {
	Raw       string
	Text      string
	IsText    bool
	Seconds   int64
	IsSeconds bool
}

func readObject(data []byte) (map[string]member, error) {
	members := map[string]member{}
	err := strictjson.Object(data, func(name []byte, v strictjson.Value) error {
		m := member{Raw: string(v.Raw())}
		m.Text, m.IsText = v.Text()
		if seconds, ok := v.Seconds(); ok {
			m.Seconds, m.IsSeconds = seconds, true
		}
		members[string(name)] = m
		return nil
	})
	return members, err
}

func TestAnObjectIsReadMemberByMember(t *testing.T) {
	text := func(raw, text string) member { return member{Raw: raw, Text: text, IsText: true} }
	for data, want := range map[string]map[string]member{
		`{}`:                 {},
		" \t\r\n{ \n } \r\n": {},
		`{"a":"b"}`:          {"a": text(`"b"`, "b")},
		` { "a" : "b" , "" : "" } `: {
			"a": text(`"b"`, "b"), "": text(`""`, ""),
		},
		`{"a":0,"b":1768478400,"c":253402300799}`: {
			"a": {Raw: "0", IsSeconds: true}, "b": {Raw: "1768478400", Seconds: 1768478400, IsSeconds: true},
			"c": {Raw: "253402300799", Seconds: 253402300799, IsSeconds: true},
		},
		`{"a":-0,"b":-1.5e+3,"c":1E5,"d":0.5,"e":253402300800}`: {
			"a": {Raw: "-0"}, "b": {Raw: "-1.5e+3"}, "c": {Raw: "1E5"}, "d": {Raw: "0.5"}, "e": {Raw: "253402300800"},
		},
		`{"a":true,"b":false,"c":null,"d":[ ],"e":{ },"f":[1,"x",{"y":[]}]}`: {
			"a": {Raw: "true"}, "b": {Raw: "false"}, "c": {Raw: "null"}, "d": {Raw: "[ ]"}, "e": {Raw: "{ }"}, "f": {Raw: `[1,"x",{"y":[]}]`},
		},
		`{"a":"\"\\\/\b\f\n\r\t","b":"\u0041\u00e9\uFFFD\u0000","c":"\ud83d\uDE00","d":"é😀"}`: {
			"a": text(`"\"\\\/\b\f\n\r\t"`, "\"\\/\b\f\n\r\t"),
			"b": text(`"\u0041\u00e9\uFFFD\u0000"`, "A\u00e9\ufffd\x00"),
			"c": text(`"\ud83d\uDE00"`, "😀"),
			"d": text(`"é😀"`, "é😀"),
		},
		`{"\u0061":"1","A":"2","aa":"3"}`: {"a": text(`"1"`, "1"), "A": text(`"2"`, "2"), "aa": text(`"3"`, "3")},
		`{"a":{"b":1},"b":{"b":1}}`:       {"a": {Raw: `{"b":1}`}, "b": {Raw: `{"b":1}`}},
	} {
		got, err := readObject([]byte(data))
		if err != nil || !maps.Equal(got, want) {
			t.Errorf("%s\ngot  %+v (error %v)\nwant %+v", data, got, err, want)
		}
	}
}

func TestAnObjectMayBeAsDeepAndAsWideAsTheLimits(t *testing.T) {
	deep := strings.Repeat(`{"x":`, strictjson.MaxDepth-1) + "{}" + strings.Repeat("}", strictjson.MaxDepth-1)
	for name, data := range map[string]string{
		"deep": deep, "wide": strictjsontest.Wide(strictjson.MaxMembers), "wide inside": `{"x":` + strictjsontest.Wide(strictjson.MaxMembers) + `}`,
		"a long list": `{"x":[` + strings.Repeat("1,", 5000) + `1]}`,
	} {
		if _, err := readObject([]byte(data)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatIsNotOneObjectIsRefused(t *testing.T) {
	refused := strictjsontest.BrokenObjects(`{"a":"b","c":1}`)
	maps.Copy(refused, map[string]string{
		"nothing":                     "",
		"a name twice":                `{"a":1,"a":1}`,
		"a name twice, once escaped":  `{"a":1,"\u0061":1}`,
		"a name twice, in surrogates": `{"😀":1,"\ud83d\ude00":1}`,
		"a name twice far inside":     `{"a":[[{"b":1,"c":2,"b":3}]]}`,
		"no comma":                    `{"a":1 "b":2}`,
		"no comma in a list":          `{"a":[1 2]}`,
		"a trailing comma in a list":  `{"a":[1,]}`,
		"a list closed by a brace":    `{"a":[1}`,
		"an object closed by a hook":  `{"a":{"b":1]}`,
		"a minus sign alone":          `{"a":-}`,
		"two minus signs":             `{"a":--1}`,
		"infinity":                    `{"a":-Infinity}`,
		"an exponent without digits":  `{"a":1e+}`,
		"an underscore in a number":   `{"a":1_0}`,
		"a sign in an escape":         `{"a":"\u+041"}`,
		"an underscore in an escape":  `{"a":"\u0_41"}`,
		"an escape beyond the end":    `{"a":"\`,
		"an escape of a quotation":    `{"a":"\"}`,
		"a vertical tab":              "{\v}",
		"a no-break space":            "{\u00a0}",
		"a DEL before a value":        "{\"a\":\x7f1}",
		"a control character":         "{\"a\":\"\x1f\"}",
		"a control character, name":   "{\"a\x00\":1}",
	})
	for name, data := range refused {
		if members, err := readObject([]byte(data)); err == nil {
			t.Errorf("%s: %q was read as %+v", name, data, members)
		}
	}
}

func FuzzObject(f *testing.F) {
	seeds := slices.Sorted(maps.Values(strictjsontest.BrokenObjects(`{"a":"b","c":1}`)))
	seeds = append(seeds, "", "{}", `{"a":"\`, `{"a":["\`, `{"\`, `{"a":1,"\u0061":2}`, `{"a":[{"b":{}}],"c":-1.5e+3,"d":"\ud83d\ude00"}`,
		`{"kid":"current","alg":"RS256"}`,
		`{"sub":"1","token_use":"access","scope":"patient/*.rs openid","cognito:groups":["a","b"],"exp":1768482000,"iat":1768478400,"username":"1"}`)
	for _, seed := range seeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		members, err := readObject(data)
		if err != nil {
			return
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatalf("encoding/json refuses it: %v", err)
		}
		if len(members) != len(want) {
			t.Fatalf("%d members, encoding/json has %d", len(members), len(want))
		}
		for name, raw := range want {
			assertSameValue(t, name, members[name], raw)
		}
		tokens := json.NewDecoder(bytes.NewReader(data))
		tokens.UseNumber() // the grammar knows numbers that no float64 holds
		if name, twice := repeatedName(tokens); twice {
			t.Errorf("%q stands twice in one object", name)
		}
	})
}

func assertSameValue(t *testing.T, name string, got member, raw json.RawMessage) {
	t.Helper()
	if got.Raw != string(raw) {
		t.Errorf("member %q is %q, for encoding/json %q", name, got.Raw, raw)
	}
	var text *string
	isText := json.Unmarshal(raw, &text) == nil && text != nil
	if isText != got.IsText || isText && *text != got.Text {
		t.Errorf("member %q is the text %q, for encoding/json %s", name, got.Text, raw)
	}
	var seconds *int64
	if got.IsSeconds && (json.Unmarshal(raw, &seconds) != nil || seconds == nil || *seconds != got.Seconds) {
		t.Errorf("member %q is the time %d, for encoding/json %s", name, got.Seconds, raw)
	}
}

// repeatedName finds a name that stands twice in one object at any depth, by
// encoding/json's own tokens.
func repeatedName(decoder *json.Decoder) (string, bool) {
	type level struct {
		names  map[string]bool // nil for a list
		inside bool            // a name has been read and its value has not
	}
	var open []level
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return "", false
		}
		if err != nil {
			return err.Error(), true
		}
		if token == json.Delim('}') || token == json.Delim(']') {
			open = open[:len(open)-1]
			continue
		}
		if n := len(open); n > 0 && open[n-1].names != nil {
			top := &open[n-1]
			if top.inside = !top.inside; top.inside {
				name, _ := token.(string)
				if top.names[name] {
					return name, true
				}
				top.names[name] = true
				continue
			}
		}
		switch token {
		case json.Delim('{'):
			open = append(open, level{names: map[string]bool{}})
		case json.Delim('['):
			open = append(open, level{})
		}
	}
}

func TestAnyOneValueCanBeChecked(t *testing.T) {
	for _, good := range []string{`{"a":[{"b":1}]}`, `[1,[2]]`, `"a"`, ` 1.5 `, "null"} {
		if err := strictjson.Check([]byte(good)); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for bad, want := range map[string]string{
		`[{"a":1,"\u0061":2}]`: "a: given twice", `1 2`: "something follows the JSON text, at byte 2", ``: "the JSON text does not end",
		`"\ud800"`: "the JSON text does not end", strings.Repeat("[", 9) + strings.Repeat("]", 9): "nested deeper than 8",
	} {
		if err := strictjson.Check([]byte(bad)); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", bad, err, want)
		}
	}
	var name strictjson.Repeated
	if err := strictjson.Check([]byte(`{"x":{"a":1,"a":2}}`)); !errors.As(err, &name) || name != "a" {
		t.Errorf("got %v, want the name that is given twice", err)
	}
}
