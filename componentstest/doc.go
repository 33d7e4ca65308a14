// Package componentstest is a test double for the unit tests of programs that use
// package components. It takes the place of Pulumi's engine and of AWS: it runs a program
// in process, needs no account, no network and no pulumi command, and answers as AWS does
// for everything that the components declare. Identifiers, ARNs, endpoints and the other
// computed outputs have AWS's shapes.
//
//	cloud := componentstest.NewCloud(componentstest.InRegion("eu-west-2"))
//	if err := cloud.Run(deploy); err != nil {
//		t.Fatal(err)
//	}
//	roles := cloud.Resources("aws:iam/role:Role")
//
// A program may declare resources of its own beside the components. A resource of a type
// that the components do not declare gets its inputs back as outputs, and an invented id
// and name.
//
// The double checks no provider schema, fills in no defaults of providers, and compares
// nothing with an earlier run. What Pulumi's engine does with a change, such as a
// replacement, is out of its reach.
//
// The components build the functions that they declare, as they do in "pulumi up", so the
// first test on a machine needs a Go toolchain and takes as long as the build. A program
// that sets components.FunctionArgs.Archive builds nothing.
package componentstest
