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

// Count is how many resources there are, and of how many types.
func (d *Data) Count() (resources, types int) {
	of := map[string]bool{}
	for _, r := range d.resources {
		of[r.typ()] = true
	}
	return len(d.resources), len(of)
}

// SomePatient is the reference to the first Patient; empty if there is none.
func (d *Data) SomePatient() string {
	for _, r := range d.resources {
		if r.typ() == "Patient" {
			return "Patient/" + r.id()
		}
	}
	return ""
}

// SomePractitioner is the reference to the Practitioner who is the general practitioner of
// the most patients, the first of them; empty if none is.
func (d *Data) SomePractitioner() string {
	patients := map[string]int{}
	for _, r := range d.resources {
		if r.typ() == "Patient" {
			for _, practitioner := range r.references("generalPractitioner") {
				patients[practitioner]++
			}
		}
	}
	most := ""
	for _, r := range d.resources {
		if name := r.typ() + "/" + r.id(); r.typ() == "Practitioner" && patients[name] > patients[most] {
			most = name
		}
	}
	return most
}
