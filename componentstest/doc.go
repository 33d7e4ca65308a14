// Package componentstest is a test double for the unit tests of programs that use package
// components. It replaces Pulumi's engine and AWS. It runs a program in process, needs no
// account, network or pulumi command, and answers as AWS does for everything that the
// components declare. Identifiers, ARNs, endpoints and the other computed outputs have AWS's
// shapes.
//
//	cloud := componentstest.NewCloud(componentstest.InRegion("eu-west-2"))
//	if err := cloud.Run(deploy); err != nil {
//		t.Fatal(err)
//	}
//	roles := cloud.Resources("aws:iam/role:Role")
//
// A program may also declare its own resources. A resource of a type that the components do
// not declare gets its inputs as outputs, and an invented id and name.
//
// The double does not check provider schemas, does not fill in defaults of providers, and
// does not compare with an earlier run. So it does not show what Pulumi's engine does with a
// change, such as a replacement.
//
// The components build the functions that they declare, as they do in "pulumi up", so the
// first test on a machine needs a Go toolchain and takes as long as the build. A program
// that sets components.FunctionArgs.Archive builds nothing.
package componentstest
