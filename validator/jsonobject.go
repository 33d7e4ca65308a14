package validator

import (
	"bytes"
	"errors"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// The event, a token's header and claims, and the key set are read by this reader and
// not by encoding/json, which takes duplicate members (last one wins), ignores the case
// of names, and turns broken text into U+FFFD: differences between readers that attacks
// are made of (RFC 7515 section 4, RFC 7517 section 4, RFC 7519 section 4). It reads one
// object and refuses whatever RFC 8259 does not define.

const (
	maxDepth   = 8  // of nested values; Cognito's tokens have 2, its key set 3
	maxMembers = 64 // of one object; Cognito's tokens have some 20
)

var errJSON = errors.New("not the JSON object that it must be")

// kind is the JSON type of a value.
type kind byte

const (
	kindString kind = iota
	kindNumber
	kindArray
	kindOther // object, true, false or null
)

// value is one member's value; raw is the JSON text.
type value struct {
	kind kind
	raw  []byte
}

// text returns the value of a JSON string.
func (v value) text() (string, bool) {
	if v.kind != kindString {
		return "", false
	}
	text, ok := unquote(v.raw)
	return string(text), ok
}

// seconds returns a NumericDate (RFC 7519 section 2) of whole seconds between
// 1970 and 9999.
func (v value) seconds() (int64, bool) {
	if v.kind != kindNumber {
		return 0, false
	}
	n, err := strconv.ParseInt(string(v.raw), 10, 64)
	return n, err == nil && n >= 0 && n <= 253402300799 && v.raw[0] != '-'
}

// elements returns the values of a JSON array.
func (v value) elements() ([]value, bool) {
	if v.kind != kindArray {
		return nil, false
	}
	var elements []value
	r := reader{data: v.raw} // which has been read once: its depth is counted from the outermost object
	err := r.array(1, func(element value) { elements = append(elements, element) })
	return elements, err == nil
}

// texts returns the values of a JSON array of strings.
func (v value) texts() ([]string, bool) {
	elements, ok := v.elements()
	if !ok {
		return nil, false
	}
	texts := make([]string, len(elements))
	for i, element := range elements {
		if texts[i], ok = element.text(); !ok {
			return nil, false
		}
	}
	return texts, true
}

// readObject reads one JSON object and calls member for each of its members.
// Names are unique after unescaping.
func readObject(data []byte, member func(name []byte, v value) error) error {
	if !utf8.Valid(data) {
		return errJSON
	}
	r := reader{data: data}
	r.space()
	if err := r.object(1, member); err != nil {
		return err
	}
	r.space()
	if r.at != len(data) {
		return errJSON
	}
	return nil
}

// readArray reads one JSON array and returns its values.
func readArray(data []byte) ([]value, error) {
	if !utf8.Valid(data) {
		return nil, errJSON
	}
	var elements []value
	r := reader{data: data}
	r.space()
	if err := r.array(1, func(element value) { elements = append(elements, element) }); err != nil {
		return nil, err
	}
	r.space()
	if r.at != len(data) {
		return nil, errJSON
	}
	return elements, nil
}

// reader is a recursive-descent reader over valid UTF-8.
type reader struct {
	data []byte
	at   int
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

func (r *reader) object(depth int, member func([]byte, value) error) error {
	if depth > maxDepth || !r.take('{') {
		return errJSON
	}
	r.space()
	if r.take('}') {
		return nil
	}
	var seen [maxMembers][]byte
	for count := 0; ; count++ {
		r.space()
		name, err := r.name(seen[:min(count, maxMembers)])
		if err != nil || count == maxMembers {
			return errJSON
		}
		seen[count] = name
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
			return errJSON
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
		return nil, errJSON
	}
	for _, other := range seen {
		if bytes.Equal(name, other) {
			return nil, errJSON
		}
	}
	r.space()
	if !r.take(':') {
		return nil, errJSON
	}
	r.space()
	return name, nil
}

func (r *reader) value(depth int) (value, error) {
	start := r.at
	k := kindOther
	var err error
	switch c := r.peek(); {
	case c == '"':
		k = kindString
		_, err = r.string()
	case c == '-' || '0' <= c && c <= '9':
		k = kindNumber
		err = r.number()
	case c == '{':
		err = r.object(depth+1, nil)
	case c == '[':
		k = kindArray
		err = r.array(depth+1, nil)
	default:
		err = r.literal()
	}
	if err != nil {
		return value{}, err
	}
	return value{k, r.data[start:r.at]}, nil
}

func (r *reader) array(depth int, element func(value)) error {
	if depth > maxDepth || !r.take('[') {
		return errJSON
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
			return errJSON
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
	return errJSON
}

// number reads the grammar of RFC 8259 section 6.
func (r *reader) number() error {
	r.take('-')
	if !r.take('0') && !r.digits() {
		return errJSON
	}
	if r.take('.') && !r.digits() {
		return errJSON
	}
	if r.take('e') || r.take('E') {
		if !r.take('+') {
			r.take('-')
		}
		if !r.digits() {
			return errJSON
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
		return nil, errJSON
	}
	for r.at < len(r.data) {
		switch c := r.data[r.at]; {
		case c == '"':
			r.at++
			raw := r.data[start:r.at]
			if escaped {
				if _, ok := unquote(raw); !ok {
					return nil, errJSON
				}
			}
			return raw, nil
		case c == '\\':
			escaped = true
			r.at = min(r.at+2, len(r.data))
		case c < ' ':
			return nil, errJSON
		default:
			r.at++
		}
	}
	return nil, errJSON
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
