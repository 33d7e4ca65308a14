package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/languagehost"
	"github.com/smartlake/pulumi-smartlake/internal/local"
)

// otherLanguages says what is possible for a program that is not in Go.
const otherLanguages = "Smartlake runs Go programs only. For a program in another language, or of YAML, write the arguments of its SmartDatastore " +
	"into a smartlake.yaml in a folder of its own, by the same names (\"smartlake local init\" writes one), and run the command there"

// checkProgram refuses a project whose program the command would not look at.
func (f *stackFlags) checkProgram(stack declared.Stack) error {
	project, found, err := languagehost.FindProject(f.projectDir())
	if err != nil {
		return err
	}
	if found { // and not a smartlake.yaml, which is nearer
		dir, err := filepath.Abs(stack.Dir)
		if err != nil {
			return err
		}
		found = filepath.Dir(project.File) == dir
	}
	switch {
	case f.program == "" && (!found || !project.Foreign()):
		return nil
	case f.program == "" && project.Runtime == "go":
		return fmt.Errorf("%s is not Smartlake's own program, and the command has not looked at it: run the command with --program %s", project, project.Folder)
	case f.program == "":
		return fmt.Errorf("%s is not Smartlake's own program, and the command has not looked at it: %s", project, otherLanguages)
	case !found:
		return fmt.Errorf("--program: %q: must be of a Pulumi project, and there is no Pulumi.yaml in %s or above it; name its folder with --dir", f.program, f.projectDir())
	case project.Runtime != "go":
		return fmt.Errorf("--program: %s: runtime: %q: must be go: %s", project.File, project.Runtime, otherLanguages)
	}
	return nil
}

// programFolder is the folder of the program: what "main" in Pulumi.yaml says, where
// --program is the folder of Pulumi.yaml.
func (f *stackFlags) programFolder() (string, error) {
	folder, err := filepath.Abs(f.program)
	if err != nil {
		return "", err
	}
	project, found, err := languagehost.FindProject(folder)
	if err != nil || !found || filepath.Dir(project.File) != folder {
		return folder, err
	}
	return project.Folder, nil
}

// buildProgram builds the program of --program. Close what it returns.
func (f *stackFlags) buildProgram(ctx context.Context, progress io.Writer) (*languagehost.Program, error) {
	folder, err := f.programFolder()
	if err != nil {
		return nil, fmt.Errorf("--program: %w", err)
	}
	p := newProgress(progress)
	p.show("Building the program in %s ...", folder)
	built, err := languagehost.Build(ctx, folder, progress)
	p.clear()
	if err != nil {
		return nil, fmt.Errorf("--program: %w", err)
	}
	return built, nil
}

// declareProgram builds and runs the program of --program for a stack.
func (f *stackFlags) declareProgram(ctx context.Context, progress, problems io.Writer, stack declared.Stack) (*declared.Graph, error) {
	built, err := f.buildProgram(ctx, progress)
	if err != nil {
		return nil, err
	}
	g, err := runProgram(ctx, built, progress, problems, stack)
	return g, errors.Join(err, built.Close())
}

// runProgram runs a program for a stack, and says what is not known of its resources.
func runProgram(ctx context.Context, program *languagehost.Program, progress, problems io.Writer, stack declared.Stack) (*declared.Graph, error) {
	p := newProgress(progress)
	p.show("Running the program, which may build functions ...")
	// What the program says must not mix with a line that changes.
	program.Messages = writing(func(text []byte) (int, error) { p.clear(); return problems.Write(text) })
	g, err := program.Run(ctx, stack)
	p.clear()
	if err != nil {
		return nil, fmt.Errorf("--program: %w", err)
	}
	if unknown := unknownTo(g); len(unknown) > 0 {
		fmt.Fprintf(problems, "Smartlake does not know these types of resource, and what AWS or a provider would compute of them is missing: %s.\n", strings.Join(unknown, ", "))
	}
	return g, nil
}

// writing is a function that writes.
type writing func(text []byte) (int, error)

func (w writing) Write(text []byte) (int, error) { return w(text) }

// unknownTo are the resources whose outputs are not in AWS's shapes, as a type and a name.
func unknownTo(g *declared.Graph) []string {
	var unknown []string
	for _, r := range g.Resources() {
		if !r.Component && !declared.Knows(r.Type) {
			unknown = append(unknown, r.Type+" "+r.Name)
		}
	}
	return unknown
}

// takeProgram has the local cloud run the program of --program, with the functions of the
// version of Smartlake that the program imports, for this machine.
func (f *localFlags) takeProgram(ctx context.Context, progress, problems io.Writer, options *local.Options) {
	options.Declare = func(stack declared.Stack) (*declared.Graph, error) {
		return f.declareProgram(ctx, progress, problems, stack)
	}
	options.Archive = func(component string) (string, error) {
		folder, err := f.programFolder()
		if err != nil {
			return "", err
		}
		for _, one := range functionsOfStacks {
			if one.component == component {
				return one.ofProgram(ctx, folder, progress, problems)
			}
		}
		return "", errors.New(component + ": has no function")
	}
}

// ofProgram is the path of an archive of the function for this machine, of the version
// that the program in a folder imports. Where its source is not at hand, it is the one
// that this binary carries, which may be of another version.
func (f function) ofProgram(ctx context.Context, folder string, progress, problems io.Writer) (string, error) {
	done := f.building(progress)
	archive, carried, err := f.archive.ArchiveFor(ctx, folder, done)
	done.end(err)
	if err != nil || !carried {
		return archive, err
	}
	wanted, err := languagehost.RequiredVersion(folder)
	if own := moduleVersion(); err == nil && wanted != own {
		fmt.Fprintf(problems, "warning: the source of the %s that the program imports (%s) is not at hand; the one of this smartlake (%s) runs instead\n", f.what, wanted, own)
	}
	return archive, err
}
