// Command image makes the image of the local cloud from released archives, and publishes it. It
// needs no Docker:
//
//	image build -version v1.2.3 -revision <commit> -created <seconds> -output smartlake-image-v1.2.3.tar smartlake-v1.2.3-linux-*.tar.gz
//	image push smartlake-image-v1.2.3.tar <registry>/<name>:<tag>
//
// build writes a layout of the Open Container Initiative in one file. The same archives give the
// same bytes. push reads REGISTRY_USER and REGISTRY_PASSWORD, and prints the image's digest.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"syscall"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1) //nolint:gocritic // nothing is left to stop
	}
}

const usage = "usage: image build -version v1.2.3 -revision <commit> -created <seconds> -output <file> <archive>... | image push <file> <registry>/<name>:<tag>"

func run(ctx context.Context, args []string, out io.Writer) error {
	switch {
	case len(args) > 0 && args[0] == "build":
		return build(args[1:])
	case len(args) == 3 && args[0] == "push":
		return push(ctx, args[1], args[2], out)
	default:
		return errors.New(usage)
	}
}

var (
	versionPattern = regexp.MustCompile(`^v\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$`)
	commitPattern  = regexp.MustCompile(`^[0-9a-f]{40}$`)
)

func build(args []string) error {
	var of release
	flags := flag.NewFlagSet("build", flag.ContinueOnError)
	flags.StringVar(&of.version, "version", "", "version of the release")
	flags.StringVar(&of.revision, "revision", "", "commit of the release")
	created := flags.Int64("created", 0, "time of the commit, in seconds since 1970")
	output := flags.String("output", "", "file to write")
	if err := flags.Parse(args); err != nil {
		return err
	}
	of.created = time.Unix(*created, 0)
	switch {
	case !versionPattern.MatchString(of.version):
		return fmt.Errorf("-version: %q: must be v and a semantic version, such as v1.2.3", of.version)
	case !commitPattern.MatchString(of.revision):
		return fmt.Errorf("-revision: %q: must be the 40 digits of a commit", of.revision)
	case *created <= 0:
		return fmt.Errorf("-created: %d: must be the time of the commit, in seconds since 1970", *created)
	case *output == "":
		return errors.New("-output: missing; name the file to write")
	case flags.NArg() == 0:
		return errors.New("no archive; name one for each platform")
	}
	var archives []archive
	for _, path := range flags.Args() {
		file, err := os.Open(path) //nolint:gosec // the user names it
		if err != nil {
			return err
		}
		one, err := readArchive(path, of.version, file)
		if err := errors.Join(err, file.Close()); err != nil {
			return err
		}
		for _, other := range archives {
			if other.architecture == one.architecture {
				return fmt.Errorf("%q: a second archive for %s", path, one.architecture)
			}
		}
		archives = append(archives, one)
	}
	index, err := newIndex(of, archives)
	if err != nil {
		return err
	}
	return writeLayout(*output, index, of)
}

func push(ctx context.Context, path, reference string, out io.Writer) (err error) {
	tag, err := name.NewTag(reference, name.StrictValidation)
	if err != nil {
		return err
	}
	user, password := os.Getenv("REGISTRY_USER"), os.Getenv("REGISTRY_PASSWORD")
	if user == "" || password == "" {
		return errors.New("REGISTRY_USER, REGISTRY_PASSWORD: missing; set both in the environment")
	}
	folder, err := os.MkdirTemp("", "smartlake-image-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	index, err := readLayout(path, folder)
	if err != nil {
		return err
	}
	digest, err := index.Digest()
	if err != nil {
		return err
	}
	if err := remote.WriteIndex(tag, index, remote.WithContext(ctx), remote.WithAuth(&authn.Basic{Username: user, Password: password})); err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, digest)
	return err
}
