package deploypolicy

import (
	"slices"
	"strings"
)

// Source is where it is said that actions of a service are needed.
type Source struct{ Type, Source, Service string }

// Sources are those of all rights. One without its own has its row's, if it is of the
// service that the row is about.
func Sources() []Source {
	var all []Source
	for typ, row := range rights {
		about := ""
		for _, right := range row.rights {
			action := slices.Concat(right.read, right.write)[0]
			service, _, _ := strings.Cut(action, ":")
			if right.source == "" && about == "" {
				about = service
			}
			source := right.source
			if source == "" && service == about {
				source = row.source
			}
			all = append(all, Source{typ, source, service})
		}
	}
	return all
}
