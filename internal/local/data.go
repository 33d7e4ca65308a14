package local

import (
	"fmt"
	"slices"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/local/healthlake"
)

// readData reads what the datastore begins with: the resources of a folder, or synthetic
// ones where the stack asks for Synthea's.
func (c *Cloud) readData(d declaration, options Options) error {
	c.data = healthlake.Empty()
	c.preloaded = options.FHIRURL == "" && options.Load == "" && d.datastore.Text("preloadDataConfig", "preloadDataType") == "SYNTHEA"
	switch {
	case options.Load != "" && options.FHIRURL != "":
		return fmt.Errorf("load: %q: cannot be combined with a FHIR server of your own; remove one of the two", options.Load)
	case options.Seed != 0 && !c.preloaded:
		return fmt.Errorf("seed: %d: there are no synthetic patients; use a stack with preloadSynthea, without resources or a FHIR server of your own", options.Seed)
	case options.Load != "":
		data, err := healthlake.Load(options.Load)
		if err != nil {
			return fmt.Errorf("load: %w", err)
		}
		c.data = data
	case c.preloaded:
		c.data = healthlake.Synthetic(max(1, options.Seed))
	}
	return nil
}

// Loaded is how many resources the datastore began with, and of how many types.
func (c *Cloud) Loaded() (resources, types int) { return c.data.Count() }

const declareUsers = `declare testUsers whose patient is the id of one of its Patients, such as --config 'testUsers=[{"username": "ann", "email": "ann@example.org", "password": "Passw0rd!", "patient": "1"}]'`

// advise says what is missing for users who sign in and see data, and what to do about it.
func (c *Cloud) advise(options Options, madeUp bool) []string {
	signIn := slices.ContainsFunc(c.Clients, func(client Client) bool { return slices.Contains(client.Flows, "code") })
	patient, practitioner := c.data.SomePatient(), c.data.SomePractitioner()
	var advice []string
	switch {
	case !signIn:
	case options.FHIRURL != "" && len(c.Users) == 0:
		return []string{"There are no made-up users, because nothing is known of the patients of your FHIR server. To sign in, " + declareUsers + "."}
	case options.Load != "" && patient == "":
		advice = append(advice, "The folder of --load holds no Patient. Add one, or leave --load out.")
	case options.FHIRURL == "" && patient == "":
		advice = append(advice, "The datastore holds no patient. For data, use --load with a folder of FHIR resources, or --config preloadSynthea=true for synthetic ones.")
	}
	if !signIn || !madeUp {
		return advice
	}
	forPractitioners := func(client Client) bool { return slices.Contains(client.FHIRUserTypes, "Practitioner") }
	switch {
	case patient == "":
	case practitioner == "":
		advice = append(advice, "No practitioner is made up, because no patient names one of the datastore as generalPractitioner.")
	case !slices.ContainsFunc(c.Clients, forPractitioners):
		advice = append(advice, "No client is for the user practitioner. Give one a user/ scope, such as user/*.rs.")
	}
	return advice
}

// idOf is the id that a relative reference names.
func idOf(reference string) string {
	_, id, _ := strings.Cut(reference, "/")
	return id
}
