package healthlake

import "github.com/smartlake/pulumi-smartlake/internal/local/healthlake/synthetic"

// Data is a set of FHIR resources to begin with.
type Data struct {
	resources []resource
}

// Empty is a datastore that nothing was loaded into.
func Empty() *Data { return &Data{} }

// Synthetic are the resources that package synthetic makes of a seed.
func Synthetic(seed uint64) *Data {
	d := Empty()
	for _, r := range synthetic.Resources(seed) {
		d.resources = append(d.resources, r)
	}
	return d
}
