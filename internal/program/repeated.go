package program

import (
	"encoding/json"
	"strings"
)

// repeatedMember is the first name that stands twice in one object of a JSON text; false
// if there is none. encoding/json takes the last of the two, and a reader of the text
// perhaps the first. The text must be JSON.
func repeatedMember(text string) (name string, found bool) {
	reader := json.NewDecoder(strings.NewReader(text))
	reader.UseNumber()
	return repeatedIn(reader)
}

// repeatedIn reads one value.
func repeatedIn(reader *json.Decoder) (name string, found bool) {
	opened, err := reader.Token()
	if err != nil {
		return "", false
	}
	delimiter, _ := opened.(json.Delim)
	if delimiter != '{' && delimiter != '[' {
		return "", false
	}
	seen := map[string]bool{}
	for reader.More() {
		if delimiter == '{' {
			key, err := reader.Token()
			name, _ := key.(string)
			if err != nil || seen[name] {
				return name, err == nil
			}
			seen[name] = true
		}
		if name, found := repeatedIn(reader); found {
			return name, true
		}
	}
	_, _ = reader.Token() // the end of the object or list, in a text that was decoded before
	return "", false
}
