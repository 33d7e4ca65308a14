package program

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/smartlake/pulumi-smartlake/components"
	"github.com/smartlake/pulumi-smartlake/internal/strictjson"
)

// unknownMember refuses a member that there is not, and names the one that its author
// may have meant. It does not show the name where that may be a secret in the wrong place.
func (d *decoder) unknownMember(at place, name string, known []string) {
	why := "no such member"
	if at.quiet() {
		why = "a member that does not exist"
	} else {
		at = at.member(name)
	}
	if near := nearest(name, known); near != "" {
		d.refuse(at, why+"; did you mean "+near+"?")
		return
	}
	d.refuse(at, why+"; use one of "+strings.Join(slices.Sorted(slices.Values(known)), ", "))
}

// ambiguous refuses JSON that two readers may understand differently. It does not show the
// name of a member where that may be a secret in the wrong place.
func (d *decoder) ambiguous(at place, err error) {
	var name strictjson.Repeated
	switch twice := errors.As(err, &name); {
	case !twice:
		d.refuse(at, err.Error()) // which holds no value
	case at.quiet():
		d.refuse(at, "a member is given twice; write it once")
	default:
		d.refuse(at, fmt.Sprintf("%q is given twice; write it once", string(name)))
	}
}

// unknownKey refuses a key that there is not. One that is a member of another key was
// meant to be there.
func (d *decoder) unknownKey(at place, name string) {
	meant := memberCalled(name)
	if meant == "" {
		meant = nearest(name, slices.Collect(maps.Keys(fieldsOf(arguments))))
	}
	if meant == "" {
		d.refuse(at, "no such key; docs/reference/configuration.md lists the keys")
		return
	}
	d.refuse(at, "no such key; did you mean "+meant+"?")
}

var arguments = reflect.TypeFor[components.SmartDatastoreArgs]()

// memberCalled is the path of the argument of a name that is nested least deeply; ""
// if there is none.
func memberCalled(name string) string {
	type level struct {
		path string
		of   reflect.Type
	}
	for levels := []level{{"", arguments}}; len(levels) > 0; levels = levels[1:] {
		fields := fieldsOf(levels[0].of)
		if _, ok := fields[name]; ok {
			return levels[0].path + name
		}
		for _, member := range slices.Sorted(maps.Keys(fields)) {
			if of := fields[member].Type; of.Kind() == reflect.Pointer && of.Elem().Kind() == reflect.Struct {
				levels = append(levels, level{levels[0].path + member + ".", of.Elem()})
			}
		}
	}
	return ""
}

// nearest is the known name that differs least from a misspelt one, "" where none is
// near: up to a third of the letters may be wrong, missing or too many.
func nearest(name string, known []string) string {
	best, least := "", max(1, len(name)/3)+1
	for _, candidate := range slices.Sorted(slices.Values(known)) {
		if n := distance(strings.ToLower(name), strings.ToLower(candidate)); n < least {
			best, least = candidate, n
		}
	}
	return best
}

// distance is Levenshtein's: how many letters to change, insert or delete.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			changed := diagonal
			if a[i] != b[j] {
				changed++
			}
			diagonal = row[j+1]
			row[j+1] = min(changed, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
