// Package strictjson reads JSON that decides about access: tokens, key sets, the events
// of the functions, their settings, and discovery documents.
//
//	err := strictjson.Object(data, func(name []byte, v strictjson.Value) error {
//		if string(name) == "kid" {
//			keyID, ok = v.Text()
//		}
//		return nil
//	})
//
// It refuses what RFC 8259 does not define, and what two readers may understand
// differently: a name that stands twice in one object at any depth, invalid UTF-8, lone
// surrogates, something behind the end. Names are exact. encoding/json takes the last of
// two members of a name, ignores the case of names and turns broken text into U+FFFD:
// differences between readers that attacks are made of (RFC 7515 section 4, RFC 7517
// section 4, RFC 7519 section 4). Depth and width are bounded.
//
// It does not write JSON, and it decodes into no struct.
package strictjson

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	// MaxDepth is how deep values may be nested. Cognito's tokens have a depth of 2, its
	// key set of 3, its trigger's events of 4.
	MaxDepth = 8
	// MaxMembers is how many members one object may have. Cognito's tokens have some 20;
	// the attributes of a user, in the event of a trigger, are up to some 80.
	MaxMembers = 256
)

// Errors hold a position or the name of a member, never a value.
var (
	errNoObject = errors.New("must be a JSON object")
	errNoArray  = errors.New("must be a JSON list")
	errEnds     = errors.New("the JSON text does not end")
	errUTF8     = errors.New("not UTF-8")
	errDepth    = fmt.Errorf("nested deeper than %d", MaxDepth)
	errMembers  = fmt.Errorf("an object of more than %d members", MaxMembers)
)

// Repeated is the error of a text in which one object has two members of a name: the name.
type Repeated string

func (r Repeated) Error() string { return string(r) + ": given twice" }

// kind is the JSON type of a value.
type kind byte

const (
	kindString kind = iota + 1
	kindNumber
	kindArray
	kindObject
	kindLiteral // true, false or null
)

// Value is one value of an object or a list. The zero value is that of a member which is
// not there.
type Value struct {
	kind kind
	raw  []byte
}

// Raw returns the JSON text of the value, a part of what was read.
func (v Value) Raw() []byte { return v.raw }

// IsAbsent reports whether the value is the zero value: no member of that name was there.
func (v Value) IsAbsent() bool { return v.kind == 0 }

// IsNull reports whether the value is null.
func (v Value) IsNull() bool { return v.kind == kindLiteral && v.raw[0] == 'n' }

// Text returns the value of a JSON string.
func (v Value) Text() (string, bool) {
	if v.kind != kindString {
		return "", false
	}
	text, ok := unquote(v.raw)
	return string(text), ok
}

// Seconds returns a NumericDate (RFC 7519 section 2) of whole seconds between
// 1970 and 9999.
func (v Value) Seconds() (int64, bool) {
	if v.kind != kindNumber {
		return 0, false
	}
	n, err := strconv.ParseInt(string(v.raw), 10, 64)
	return n, err == nil && n >= 0 && n <= 253402300799 && v.raw[0] != '-'
}

// Elements returns the values of a JSON array.
func (v Value) Elements() ([]Value, bool) {
	if v.kind != kindArray {
		return nil, false
	}
	var elements []Value
	r := reader{data: v.raw} // which has been read once: its depth is counted from the outermost object
	err := r.array(1, func(element Value) { elements = append(elements, element) })
	return elements, err == nil
}

// Texts returns the values of a JSON array of strings.
func (v Value) Texts() ([]string, bool) {
	elements, ok := v.Elements()
	if !ok {
		return nil, false
	}
	texts := make([]string, len(elements))
	for i, element := range elements {
		if texts[i], ok = element.Text(); !ok {
			return nil, false
		}
	}
	return texts, true
}

// Object reads the members of a value that is an object, as [Object] does.
func (v Value) Object(member func(name []byte, v Value) error) error {
	if v.kind != kindObject {
		return errNoObject
	}
	return Object(v.raw, member)
}

// Members returns the values of a value that is an object by their names.
func (v Value) Members() (map[string]Value, error) {
	if v.kind != kindObject {
		return nil, errNoObject
	}
	return Members(v.raw)
}

// Object reads one JSON object and calls member for each of its members, in their
// order. Names are unique after unescaping; name and v are parts of data. An error of
// member ends the reading and is returned. What was told to member counts only if the
// error is nil.
func Object(data []byte, member func(name []byte, v Value) error) error {
	r, err := begin(data)
	if err != nil {
		return err
	}
	if err := r.object(1, member); err != nil {
		return err
	}
	return r.end()
}

// Members reads one JSON object and returns its values by their names.
func Members(data []byte) (map[string]Value, error) {
	members := map[string]Value{}
	err := Object(data, func(name []byte, v Value) error {
		members[string(name)] = v
		return nil
	})
	if err != nil {
		return nil, err
	}
	return members, nil
}

// Array reads one JSON list and returns its values.
func Array(data []byte) ([]Value, error) {
	r, err := begin(data)
	if err != nil {
		return nil, err
	}
	var elements []Value
	if err := r.array(1, func(element Value) { elements = append(elements, element) }); err != nil {
		return nil, err
	}
	if err := r.end(); err != nil {
		return nil, err
	}
	return elements, nil
}

// Check reads one JSON value of any kind, for those who decode it by other means.
func Check(data []byte) error {
	r, err := begin(data)
	if err != nil {
		return err
	}
	if _, err := r.value(0); err != nil {
		return err
	}
	return r.end()
}

// reader is a recursive-descent reader over valid UTF-8.
type reader struct {
	data []byte
	at   int
}

// begin returns a reader before the one value of a text.
func begin(data []byte) (reader, error) {
	if !utf8.Valid(data) {
		return reader{}, errUTF8
	}
	r := reader{data: data}
	r.space()
	return r, nil
}

// end refuses what follows the one value.
func (r *reader) end() error {
	r.space()
	if r.at != len(r.data) {
		return fmt.Errorf("something follows the JSON text, at byte %d", r.at)
	}
	return nil
}

// malformed tells where the text breaks the grammar.
func (r *reader) malformed() error {
	if r.at >= len(r.data) {
		return errEnds
	}
	return fmt.Errorf("malformed JSON at byte %d", r.at)
}

func (r *reader) peek() byte {
	if r.at < len(r.data) {
		return r.data[r.at]
	}
	return 0
}

func (r *reader) take(c byte) bool {
	if r.peek() != c || r.at == len(r.data) {
		return false
	}
	r.at++
	return true
}

func (r *reader) space() {
	for r.at < len(r.data) {
		switch r.data[r.at] {
		case ' ', '\t', '\n', '\r':
			r.at++
		default:
			return
		}
	}
}

func (r *reader) object(depth int, member func([]byte, Value) error) error {
	if depth > MaxDepth {
		return errDepth
	}
	if !r.take('{') {
		return errNoObject
	}
	r.space()
	if r.take('}') {
		return nil
	}
	var room [64][]byte // on the stack, enough for most objects
	for seen := room[:0]; ; {
		r.space()
		name, err := r.name(seen)
		if err != nil {
			return err
		}
		if len(seen) == MaxMembers {
			return errMembers
		}
		seen = append(seen, name)
		v, err := r.value(depth)
		if err != nil {
			return err
		}
		if member != nil {
			if err := member(name, v); err != nil {
				return err
			}
		}
		r.space()
		if r.take('}') {
			return nil
		}
		if !r.take(',') {
			return r.malformed()
		}
	}
}

// name reads a member's name and the colon behind it.
func (r *reader) name(seen [][]byte) ([]byte, error) {
	raw, err := r.string()
	if err != nil {
		return nil, err
	}
	name, ok := unquote(raw)
	if !ok {
		return nil, r.malformed()
	}
	for _, other := range seen {
		if bytes.Equal(name, other) {
			return nil, Repeated(name)
		}
	}
	r.space()
	if !r.take(':') {
		return nil, r.malformed()
	}
	r.space()
	return name, nil
}

func (r *reader) value(depth int) (Value, error) {
	start := r.at
	k := kindLiteral
	var err error
	switch c := r.peek(); {
	case c == '"':
		k = kindString
		_, err = r.string()
	case c == '-' || '0' <= c && c <= '9':
		k = kindNumber
		err = r.number()
	case c == '{':
		k = kindObject
		err = r.object(depth+1, nil)
	case c == '[':
		k = kindArray
		err = r.array(depth+1, nil)
	default:
		err = r.literal()
	}
	if err != nil {
		return Value{}, err
	}
	return Value{k, r.data[start:r.at]}, nil
}

func (r *reader) array(depth int, element func(Value)) error {
	if depth > MaxDepth {
		return errDepth
	}
	if !r.take('[') {
		return errNoArray
	}
	r.space()
	if r.take(']') {
		return nil
	}
	for {
		r.space()
		v, err := r.value(depth)
		if err != nil {
			return err
		}
		if element != nil {
			element(v)
		}
		r.space()
		if r.take(']') {
			return nil
		}
		if !r.take(',') {
			return r.malformed()
		}
	}
}

func (r *reader) literal() error {
	for _, word := range [...]string{"true", "false", "null"} {
		if bytes.HasPrefix(r.data[r.at:], []byte(word)) {
			r.at += len(word)
			return nil
		}
	}
	return r.malformed()
}

// number reads the grammar of RFC 8259 section 6.
func (r *reader) number() error {
	r.take('-')
	if !r.take('0') && !r.digits() {
		return r.malformed()
	}
	if r.take('.') && !r.digits() {
		return r.malformed()
	}
	if r.take('e') || r.take('E') {
		if !r.take('+') {
			r.take('-')
		}
		if !r.digits() {
			return r.malformed()
		}
	}
	return nil
}

func (r *reader) digits() bool {
	start := r.at
	for c := r.peek(); '0' <= c && c <= '9'; c = r.peek() {
		r.at++
	}
	return r.at > start
}

// string reads a quoted string and returns it with its quotes.
func (r *reader) string() ([]byte, error) {
	start, escaped := r.at, false
	if !r.take('"') {
		return nil, r.malformed()
	}
	for r.at < len(r.data) {
		switch c := r.data[r.at]; {
		case c == '"':
			r.at++
			raw := r.data[start:r.at]
			if escaped {
				if _, ok := unquote(raw); !ok {
					return nil, r.malformed()
				}
			}
			return raw, nil
		case c == '\\':
			escaped = true
			r.at = min(r.at+2, len(r.data))
		case c < ' ':
			return nil, r.malformed()
		default:
			r.at++
		}
	}
	return nil, r.malformed()
}

// unquote undoes the escapes of a quoted string. A lone surrogate is refused.
func unquote(raw []byte) ([]byte, bool) {
	body := raw[1 : len(raw)-1]
	if bytes.IndexByte(body, '\\') < 0 {
		return body, true
	}
	text := make([]byte, 0, len(body))
	for len(body) > 0 {
		if body[0] != '\\' {
			text = append(text, body[0])
			body = body[1:]
			continue
		}
		c, size := escape(body)
		if size == 0 {
			return nil, false
		}
		text = utf8.AppendRune(text, c)
		body = body[size:]
	}
	return text, true
}

// escape reads one escape sequence and returns its length, 0 if it is none.
func escape(body []byte) (rune, int) {
	if len(body) < 2 {
		return 0, 0
	}
	switch body[1] {
	case '"', '\\', '/':
		return rune(body[1]), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	}
	first, ok := hex4(body)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(first) {
		return first, 6
	}
	second, ok := hex4(body[6:])
	if c := utf16.DecodeRune(first, second); ok && c != utf8.RuneError {
		return c, 12
	}
	return 0, 0
}

// hex4 reads \uXXXX.
func hex4(body []byte) (rune, bool) {
	if len(body) < 6 || body[0] != '\\' || body[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(body[2:6]), 16, 16) // of hexadecimal digits alone: no sign, no underscore
	return rune(n), err == nil
}
