package healthlake

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/local/fhirsearch"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// link points the references of a resource at the resources that they mean.
func (l *loading) link(r *loaded) (resource, error) {
	linked, err := l.linkAt(map[string]any(r.resource), "")
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", r.at, r.typ(), err)
	}
	return linked.(map[string]any), nil
}

// linkAt is link for the value at a path of elements.
func (l *loading) linkAt(value any, path string) (any, error) {
	switch value := value.(type) {
	case []any:
		list := make([]any, len(value))
		for i := range value {
			linked, err := l.linkAt(value[i], path+"["+strconv.Itoa(i)+"]")
			if err != nil {
				return nil, err
			}
			list[i] = linked
		}
		return list, nil
	case map[string]any:
		object := make(map[string]any, len(value))
		for _, member := range slices.Sorted(maps.Keys(value)) { // so that the same element is refused each time
			one := value[member]
			at := strings.TrimPrefix(path+"."+member, ".")
			text, isText := one.(string)
			linked, err := one, error(nil)
			if isText && member == "reference" {
				linked, err = l.meant(text)
			} else if !isText {
				linked, err = l.linkAt(one, at)
			}
			if err != nil && isText {
				return nil, fmt.Errorf("%s: %q: %w", at, text, err)
			}
			if err != nil {
				return nil, err
			}
			object[member] = linked
		}
		return object, nil
	default:
		return value, nil
	}
}

// meant is the relative reference to what a reference means. One that is contained, of
// another server, or relative already stays as it is.
func (l *loading) meant(text string) (string, error) {
	if name, ok := l.byURL[text]; ok {
		return name, nil
	}
	typ, condition, conditional := strings.Cut(text, "?")
	switch {
	case conditional && smart.IsResourceType(typ):
		return l.only(typ, condition)
	case strings.HasPrefix(text, "urn:"):
		return "", errors.New("no entry has this fullUrl; load the file that holds it too")
	default:
		return text, nil
	}
}

// only is the one resource that matches a conditional reference.
func (l *loading) only(typ, condition string) (string, error) {
	if name, ok := l.byCondition[typ+"?"+condition]; ok {
		return name, nil
	}
	criteria, err := url.ParseQuery(condition)
	if err != nil || len(criteria) == 0 {
		return "", fmt.Errorf("must be %s? and search parameters, such as %s?identifier=http://example.org/ids|1", typ, typ)
	}
	var compared []fhirsearch.Criterion
	for _, name := range slices.Sorted(maps.Keys(criteria)) {
		for _, value := range criteria[name] {
			criterion, err := fhirsearch.Dialect{}.Parse(typ, name, value)
			if err != nil {
				return "", err
			}
			compared = append(compared, criterion)
		}
	}
	var matches []string
	for _, r := range l.read {
		differs := func(c fhirsearch.Criterion) bool { return !c.Matches(r.resource) }
		if r.typ() == typ && !slices.ContainsFunc(compared, differs) {
			matches = append(matches, r.name())
		}
	}
	if len(matches) != 1 {
		return "", fmt.Errorf("matches %d resources; must match one, so load the file that holds it, and no other like it", len(matches))
	}
	l.byCondition[typ+"?"+condition] = matches[0]
	return matches[0], nil
}
