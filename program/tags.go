package program

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// What AWS takes as a tag of any service
// (https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html).
const maxTagName, maxTagValue = 128, 256

var tagPattern = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+@-]*$`)

// refusedTag says why AWS would refuse a tag, in the middle of an update; "" if it
// would not.
func refusedTag(name, value string) string {
	switch length := utf8.RuneCountInString(name); {
	case strings.HasPrefix(strings.ToLower(name), "aws:"):
		return "AWS reserves names that begin with aws:; want another name"
	case length == 0 || length > maxTagName || !tagPattern.MatchString(name):
		return "want a name of 1 to 128 letters, digits, spaces and _.:/=+-@"
	case utf8.RuneCountInString(value) > maxTagValue || !tagPattern.MatchString(value):
		return "want a value of at most 256 letters, digits, spaces and _.:/=+-@"
	default:
		return ""
	}
}
