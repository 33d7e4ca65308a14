package healthlake

import (
	"slices"
	"sync"

	"github.com/smartlake/pulumi-smartlake/internal/local/fhirsearch"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// searchDescription is what the capability statement says of the searches for a type.
// AWS's guide sends its readers to the capability statement for them
// (https://docs.aws.amazon.com/healthlake/latest/devguide/using-search-healthlake.html), and
// so do SMART apps that search for a patient's data.
type searchDescription struct {
	parameters            []any
	includes, revincludes []string
}

var searchDescriptions = sync.OnceValue(func() map[string]searchDescription {
	all := map[string]searchDescription{}
	for _, typ := range smart.ResourceTypes() {
		description := all[typ]
		for _, p := range fhirsearch.All(typ) {
			if p.Refused != "" {
				continue
			}
			description.parameters = append(description.parameters, map[string]any{"name": p.Name, "type": string(p.Kind)})
			if !includable(p) {
				continue
			}
			name := typ + ":" + p.Name
			description.includes = append(description.includes, name)
			for _, target := range smart.ResourceTypes() {
				if p.MayName(target) {
					other := all[target]
					other.revincludes = append(other.revincludes, name)
					if target == typ {
						description.revincludes = other.revincludes
					}
					all[target] = other
				}
			}
		}
		all[typ] = description
	}
	for _, description := range all {
		slices.Sort(description.revincludes)
	}
	return all
})

// describe adds the searches to what the capability statement says of a type. Of a FHIR
// server behind it is not known what it includes.
func (d *Datastore) describe(typ string, into map[string]any) {
	description := searchDescriptions()[typ]
	into["searchParam"] = description.parameters
	if d.config.FHIRURL == "" {
		if len(description.includes) > 0 {
			into["searchInclude"] = description.includes
		}
		if len(description.revincludes) > 0 {
			into["searchRevInclude"] = description.revincludes
		}
	}
}
