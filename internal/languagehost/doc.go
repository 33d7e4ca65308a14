// Package languagehost runs a Go program of Pulumi that is not this repository's and keeps
// what it declares: it builds the program and runs it as Pulumi's language host for Go
// would, against a resource monitor and an engine of its own in the place of Pulumi's.
//
//	program, err := languagehost.Build(ctx, "../platform", os.Stderr)
//	defer program.Close()
//	graph, err := program.Run(ctx, stack)
//
// Nothing is created, and neither AWS nor Pulumi is asked: every registration and function
// call is answered by [declared.Graph], as it answers a program in process. Transforms
// of resources and of the stack run. Provider plugins do not, and what would need one is
// refused with an error that says so: components of a plugin (remote components), methods
// of resources, and reading what exists already, a stack reference for example. Hooks of
// resources and transforms of function calls are refused too. A resource of a type that
// [declared.Knows] not gets its inputs back as its outputs.
//
// The program runs as the user's own code, with the user's rights. It gets the
// environment without AWS credentials and without Pulumi's variables, a time limit, and a
// process group that ends with it. An SDK of AWS that it calls finds no credentials in its
// usual files and at the machine's metadata service either. The monitor listens on a socket in a folder of the
// user's, and on Linux takes no calls but the program's. The options "binary" and
// "buildTarget" of the runtime in Pulumi.yaml are not used: the program is built.
package languagehost
