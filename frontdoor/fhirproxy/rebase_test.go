package fhirproxy_test

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/smartlake/pulumi-smartlake/frontdoor/fhirproxy"
)

const from = "https://h.example/d/1/r4/"

func rebased(t testing.TB, body io.Reader) string {
	t.Helper()
	text, err := io.ReadAll(fhirproxy.Rebase(body, from, door))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// cuttings read a text in pieces of every kind.
func cuttings(text string) map[string]io.Reader {
	return map[string]io.Reader{
		"at once":              strings.NewReader(text),
		"byte by byte":         iotest.OneByteReader(strings.NewReader(text)),
		"by halves":            iotest.HalfReader(strings.NewReader(text)),
		"the end with the end": iotest.DataErrReader(strings.NewReader(text)),
	}
}

func TestStringsThatBeginWithTheBaseAreRebased(t *testing.T) {
	const escapedDoor = `https:\/\/fhir.example.org\/r4`
	for text, want := range map[string]string{
		`{"url":"https://h.example/d/1/r4/Patient/1"}`:              `{"url":"` + door + `/Patient/1"}`,
		`["https://h.example/d/1/r4/","a"]`:                         `["` + door + `/","a"]`,
		`"https://h.example/d/1/r4"`:                                `"` + door + `"`,
		`"https://h.example/d/1/r4?page=1"`:                         `"` + door + `?page=1"`,
		`"https://h.example/d/1/r4#a"`:                              `"` + door + `#a"`,
		`{"https://h.example/d/1/r4/a":1}`:                          `{"` + door + `/a":1}`,
		`"https:\/\/h.example\/d\/1\/r4\/Patient\/1"`:               `"` + escapedDoor + `\/Patient\/1"`,
		`"https:\/\/h.example\/d\/1\/r4"`:                           `"` + escapedDoor + `"`,
		`"https://h.example/d/1/r4\/Patient"`:                       `"` + door + `\/Patient"`,
		`["\\","https://h.example/d/1/r4/"]`:                        `["\\","` + door + `/"]`,
		`["https://h.example/d/1/r4/","https://h.example/d/1/r4/"]`: `["` + door + `/","` + door + `/"]`,
		`"HTTPS://h.example/d/1/r4/"`:                               `"` + door + `/"`,
		`"https://H.Example/d/1/r4?page=1"`:                         `"` + door + `?page=1"`,
		`"https://h.example:443/d/1/r4/Patient/1"`:                  `"` + door + `/Patient/1"`,
		`"HttpS:\/\/H.EXAMPLE:443\/d\/1\/r4\/"`:                     `"` + escapedDoor + `\/"`,
	} {
		for how, reader := range cuttings(text) {
			if got := rebased(t, reader); got != want {
				t.Errorf("%s, %s: got %s, want %s", text, how, got, want)
			}
		}
	}
}

func TestEverythingElseIsByteIdentical(t *testing.T) {
	for _, text := range []string{
		``, `"`, `"h`, `"https`, `"https:`, `{}`, `"https://h.example/d/1/r`, `"https://h.example/d/1/r4`, `"https://h.example/d/1/r4\`,
		`"https://h.example/d/1/r42/Patient"`, `"https://h.example/d/1/r4a"`, `"https://h.example/d/1/r4.b"`, `"https://h.example/d/1/r4\u002fPatient"`, `"https://h.example/d/1/r4\n"`,
		`"https://h.example.evil/d/1/r4/Patient"`, `"https://h.example/d/12/r4/Patient"`, `"https://h.example/d/1/R4/"`, `"http://h.example/d/1/r4/"`, `"http://h.example:443/d/1/r4/"`,
		`"https://h.example:80/d/1/r4/"`, `"https://h.example:4430/d/1/r4/"`, `"https://h.example:44/d/1/r4/"`, `"https://h.example:/d/1/r4/"`, `"https://a@h.example/d/1/r4/"`,
		`"https://h.example:443@evil/d/1/r4/"`, `"https://h.example:443`, `"https://h.example.:443/d/1/r4/"`, `"https://h%2eexample/d/1/r4/"`,
		`" https://h.example/d/1/r4/"`, `"see https://h.example/d/1/r4/Patient"`, `"\"https://h.example/d/1/r4/Patient"`,
		`{"div":"<a href=\"https://h.example/d/1/r4/Patient/1\">"}`, `"\\\"https://h.example/d/1/r4/"`,
		`{"n":1.0e+5 ,  "é":"\u00e9\ud83d\ude00"}` + "\r\n\t", "\"\x00\xff\xfe\"", `"https:\\/\\/h.example/d/1/r4/"`, `"https:\/h.example/d/1/r4/"`,
		strings.Repeat(`"`, 100), strings.Repeat(`"https:`, 100), strings.Repeat(`\"https://h.example/d/1/r4/`, 10), `https://h.example/d/1/r4/Patient`,
	} {
		for how, reader := range cuttings(text) {
			if got := rebased(t, reader); got != text {
				t.Errorf("%s, %s: got %s", text, how, got)
			}
		}
	}
}

func TestABaseIsFoundAcrossEveryBorderOfTheWindow(t *testing.T) {
	link := `"https://h.example/d/1/r4/Patient/1",`
	for before := 16<<10 - len(link) - 3; before < 16<<10+3; before++ {
		filler := strings.Repeat("a", before)
		if got, want := rebased(t, strings.NewReader(filler+link+filler)), filler+`"`+door+`/Patient/1",`+filler; got != want {
			t.Fatalf("after %d bytes: got %q", before, strings.ReplaceAll(got, filler, "…"))
		}
	}
}

// The base may be configured in any of its forms.
func TestEveryFormOfTheBaseIsTheSame(t *testing.T) {
	for _, c := range []struct {
		base        string
		same, other []string
	}{
		{"https://H.example:443/fhir", []string{"https://h.example/fhir/a", "https://h.example:443/fhir/a"}, []string{"http://h.example/fhir/a", "https://h.example:80/fhir/a"}},
		{"http://h.example/fhir/", []string{"http://h.example:80/fhir/a", "HTTP://H.EXAMPLE/fhir/a"}, []string{"http://h.example:443/fhir/a", "http://h.example/FHIR/a"}},
		{"http://[::1]:8080/fhir", []string{"http://[::1]:8080/fhir/a"}, []string{"http://[::1]/fhir/a", "http://[::1]:80/fhir/a", "http://[::1]:80801/fhir/a"}},
		{"https://h.example", []string{"https://h.example:443/a", "https://H.example/a"}, []string{"https://h.example.evil/a", "https://h.example:4433/a"}},
		{"http://h.example:8080", []string{"http://H.example:8080/a"}, []string{"http://h.example/a", "http://h.example:80/a"}},
	} {
		for _, url := range append(slices.Clone(c.same), c.other...) {
			want, wantText := "", `"`+url+`"`
			if slices.Contains(c.same, url) {
				want, wantText = door+"/a", `"`+door+`/a"`
			}
			if got, _ := fhirproxy.RebaseURL(url, c.base, door); got != want {
				t.Errorf("%s below %s: got %q, want %q", url, c.base, got, want)
			}
			got, err := io.ReadAll(fhirproxy.Rebase(iotest.OneByteReader(strings.NewReader(`"`+url+`"`)), c.base, door))
			if err != nil || string(got) != wantText {
				t.Errorf("%s below %s: got %s, %v, want %s", url, c.base, got, err, wantText)
			}
		}
	}
}

func TestABodyThatBreaksOffFailsAfterWhatCame(t *testing.T) {
	lost := errors.New("lost")
	for _, text := range []string{"", `{"a":1,`, `{"url":"https://h.example/d/1/r4`} {
		got, err := io.ReadAll(fhirproxy.Rebase(io.MultiReader(strings.NewReader(text), iotest.ErrReader(lost)), from, door))
		if !errors.Is(err, lost) || string(got) != text {
			t.Errorf("%s: got %q, %v", text, got, err)
		}
	}
	if _, err := io.ReadAll(fhirproxy.Rebase(idle{}, from, door)); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("got %v", err)
	}
}

// idle reads nothing, for ever.
type idle struct{}

func (idle) Read([]byte) (int, error) { return 0, nil }

func TestAURLIsRebasedByTheSameRule(t *testing.T) {
	for url, want := range map[string]string{
		from: door + "/", strings.TrimSuffix(from, "/"): door, from + "Patient/1?a#b": door + "/Patient/1?a#b", strings.TrimSuffix(from, "/") + "?a": door + "?a",
		"HTTPS://H.example:443/d/1/r4/Patient/1": door + "/Patient/1", "https://h.example:443/d/1/r4": door, "https://h.example:8443/d/1/r4": "",
		`https:\/\/h.example\/d\/1\/r4`: "", from[:len(from)-1] + `\/a`: "", from[:len(from)-1] + `"`: "", "https://h.example:443": "", "https://a@h.example/d/1/r4/": "",
		"": "", "Patient/1": "", "https://h.example/d/1/r42": "", "https://h.example/d/1": "", "https://h.example.evil/d/1/r4/": "", " " + from: "",
	} {
		got, ok := fhirproxy.RebaseURL(url, from, door)
		if got != want || ok != (want != "") {
			t.Errorf("%q: got %q, %t, want %q", url, got, ok, want)
		}
		slashed, _ := fhirproxy.RebaseURL(url, strings.TrimSuffix(from, "/"), door+"/")
		if slashed != want {
			t.Errorf("%q: got %q with the slashes the other way", url, slashed)
		}
	}
}

// FuzzRebase holds the streaming replacement, cut anywhere, against one that has the whole
// text at hand.
func FuzzRebase(f *testing.F) {
	for _, seed := range []string{
		`{"url":"https://h.example/d/1/r4/Patient/1"}`, `"https:\/\/h.example\/d\/1\/r4\/Patient\/1"`, `"\"https://h.example/d/1/r4/"`, `"https://h.example/d/1/r42"`, `""https:"https://h.example/d/1/r4"`,
	} {
		f.Add([]byte(seed), uint8(3))
	}
	f.Fuzz(func(t *testing.T, text []byte, size uint8) {
		want := wholeRebase(text)
		got, err := io.ReadAll(fhirproxy.Rebase(pieces{bytes.NewReader(text), int(size%40) + 1}, from, door))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%q by %d: got %q, %v, want %q", text, size%40+1, got, err, want)
		}
	})
}

// pieces reads at most so many bytes at once.
type pieces struct {
	io.Reader
	size int
}

func (p pieces) Read(b []byte) (int, error) { return p.Reader.Read(b[:min(len(b), p.size)]) }

// link is the base as a link begins with it, and what may follow.
var link = regexp.MustCompile(`^((?i:https:)\\?/\\?/(?i:h\.example)(?::443)?\\?/d\\?/1\\?/r4)(?:["/?#]|\\/)`)

// wholeRebase is the rule of Rebase, said another way: every quote that no backslash comes
// before is looked behind of.
func wholeRebase(text []byte) []byte {
	var out []byte
	for at := 0; at < len(text); at++ {
		out = append(out, text[at])
		if text[at] != '"' || at > 0 && text[at-1] == '\\' {
			continue
		}
		found := link.FindSubmatch(text[at+1:])
		if found == nil {
			continue
		}
		if bytes.ContainsRune(found[1], '\\') {
			out = append(out, strings.ReplaceAll(door, "/", `\/`)...)
		} else {
			out = append(out, door...)
		}
		at += len(found[1])
	}
	return out
}
