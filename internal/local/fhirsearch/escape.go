package fhirsearch

import "strings"

// split cuts a value at a separator that has no backslash before it
// (https://hl7.org/fhir/R4/search.html#escaping). The parts keep their backslashes.
func split(value string, separator byte) []string {
	var parts []string
	begin := 0
	for i := 0; i < len(value); i++ {
		switch value[i] {
		case '\\':
			i++
		case separator:
			parts, begin = append(parts, value[begin:i]), i+1
		}
	}
	return append(parts, value[begin:])
}

// unescape takes the backslash from what was escaped: \, \| \$ and \\.
func unescape(value string) string {
	if !strings.Contains(value, `\`) {
		return value
	}
	var text strings.Builder
	for i := 0; i < len(value); i++ {
		if value[i] == '\\' && i+1 < len(value) && strings.IndexByte(`,|$\`, value[i+1]) >= 0 {
			i++
		}
		text.WriteByte(value[i])
	}
	return text.String()
}
