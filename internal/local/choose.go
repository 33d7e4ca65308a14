package local

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/wire"
)

// NameError says that [Options].Name names no datastore, or not one alone.
type NameError struct{ reason string }

func (e *NameError) Error() string { return "name: " + e.reason }

func wrongName(format string, values ...any) error { return &NameError{fmt.Sprintf(format, values...)} }

// choose picks the datastore of a name, or the only one where no name is given.
func choose(g *declared.Graph, name string) (declared.Resource, error) {
	all := g.All(declared.Datastore)
	var names []string
	for _, datastore := range all {
		names = append(names, nameOf(g, datastore))
	}
	slices.Sort(names)
	listed := strings.Join(names, ", ")
	chosen := slices.DeleteFunc(slices.Clone(all), func(r declared.Resource) bool { return name != "" && nameOf(g, r) != name })
	switch {
	case len(all) == 0:
		return declared.Resource{}, fmt.Errorf("the program declares no datastore (%s): the local cloud runs one", declared.Datastore)
	case len(chosen) == 0:
		return declared.Resource{}, wrongName("%q: must be a datastore that the program declares: %s", name, listed)
	case len(chosen) > 1 && name == "":
		return declared.Resource{}, wrongName("missing; the program declares %d datastores, and the local cloud runs one of them: %s", len(all), listed)
	case len(chosen) > 1:
		return declared.Resource{}, wrongName("%q: is the name of %d datastores; give their components different names", name, len(chosen))
	}
	return chosen[0], nil
}

// nameOf is the name of the component that a datastore is part of, or its own.
func nameOf(g *declared.Graph, datastore declared.Resource) string {
	return cmp.Or(componentOf(g, datastore).Name, datastore.Name)
}

// componentOf is the component that a datastore is part of; none where it is of its own.
func componentOf(g *declared.Graph, datastore declared.Resource) declared.Resource {
	return g.Above(datastore, declared.SmartDatastore)
}

// issuingPool is the user pool whose tokens the datastore's function accepts.
func (d declaration) issuingPool(g *declared.Graph) (declared.Resource, error) {
	issuers := strings.Split(d.function.Map("environment", "variables")[wire.EnvIssuers], ",")
	pools := belonging{what: "user pools whose tokens " + d.function.Name + " accepts"}
	for _, pool := range g.All(declared.UserPool) {
		if slices.Contains(issuers, "https://"+pool.Text("endpoint")) {
			pools.found = append(pools.found, pool)
		}
	}
	return pools.only()
}

// belonging are resources that belong to another one.
type belonging struct {
	what  string // they are, in errors
	found []declared.Resource
}

// ofPool are the resources of a type that are in the user pool.
func (d declaration) ofPool(g *declared.Graph, typ string) belonging {
	in := belonging{what: "resources of type " + typ + " in the user pool " + d.pool.Name}
	for _, r := range g.All(typ) {
		if r.Text("userPoolId") == d.pool.ID {
			in.found = append(in.found, r)
		}
	}
	return in
}

// only is the one resource, where there is exactly one.
func (b belonging) only() (declared.Resource, error) {
	if len(b.found) != 1 {
		return declared.Resource{}, fmt.Errorf("the program declares %d %s: the local cloud runs exactly one", len(b.found), b.what)
	}
	return b.found[0], nil
}

// leftOut names what the program declares of the kinds that the cloud runs and that it does
// not run: other datastores, and functions that are not the components'.
func (d declaration) leftOut(g *declared.Graph) []string {
	var names []string
	for _, datastore := range g.All(declared.Datastore) {
		if datastore.URN != d.datastore.URN {
			names = append(names, "datastore "+nameOf(g, datastore))
		}
	}
	for _, function := range d.functions {
		if g.FunctionOf(function) == "" && !slices.ContainsFunc([]declared.Resource{d.function, d.trigger, d.door.function}, function.Is) {
			names = append(names, "function "+function.Name)
		}
	}
	return names
}
