// Package trust puts the certificate of a certificate authority into the stores of this
// machine that say whom clients trust, and takes it out again: that of the system, and
// those of Firefox and Chromium (NSS) and of Java. github.com/smallstep/truststore does the
// work of each store.
//
//	for _, result := range trust.Install(file, []string{trust.System, trust.NSS}) { ... }
//
// Each store is tried, whatever became of the others. To do it twice changes nothing more.
package trust

import (
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/smallstep/truststore"
)

// The stores.
const (
	System = "system" // of the operating system: curl, Go, most programs; needs root
	NSS    = "nss"    // of Firefox and, on Linux, Chromium and Chrome
	Java   = "java"   // of the Java installation at JAVA_HOME
)

var stores = []string{System, NSS, Java}

// Stores are the names of all stores.
func Stores() []string { return append([]string(nil), stores...) }

// Result is what became of one store.
type Result struct {
	Store string
	Err   error // why it was not done, and what would help
}

// Install has the stores trust the authority whose certificate is in a file, in PEM.
func Install(file string, into []string) ([]Result, error) {
	return each(file, into, map[string]func(string, *x509.Certificate) error{
		System: func(file string, _ *x509.Certificate) error { return told(truststore.InstallFile(file)) },
		NSS:    installNSS,
		Java: func(file string, certificate *x509.Certificate) error {
			java, err := javaStore()
			if err != nil || java.Exists(certificate) {
				return err
			}
			return told(java.Install(file, certificate))
		},
	})
}

// Uninstall has the stores trust it no more.
func Uninstall(file string, from []string) ([]Result, error) {
	return each(file, from, map[string]func(string, *x509.Certificate) error{
		System: func(file string, _ *x509.Certificate) error { return told(truststore.UninstallFile(file)) },
		NSS:    uninstallNSS,
		Java: func(file string, certificate *x509.Certificate) error {
			java, err := javaStore()
			if err != nil {
				return err
			}
			return told(java.Uninstall(file, certificate))
		},
	})
}

func each(file string, named []string, how map[string]func(string, *x509.Certificate) error) ([]Result, error) {
	certificate, err := truststore.ReadCertificate(file)
	if err != nil {
		return nil, err
	}
	var results []Result
	for _, name := range named {
		act, ok := how[name]
		if !ok {
			return nil, fmt.Errorf("%q: must be one of %s", name, strings.Join(stores, ", "))
		}
		results = append(results, Result{name, act(file, certificate)})
	}
	return results, nil
}

// told adds what a command said to its failure.
func told(err error) error {
	var failed *truststore.CmdError
	switch {
	case errors.Is(err, truststore.ErrNotSupported):
		return errors.New("no store of this system is known here; add the certificate by hand")
	case errors.As(err, &failed):
		said := strings.Join(strings.Fields(string(failed.Out())), " ")
		return fmt.Errorf("%s: %w: %s; it needs the rights of root: run this where sudo can ask for your password, or add the certificate by hand",
			strings.Join(failed.Cmd().Args, " "), failed.Err(), said)
	}
	return err
}

func javaStore() (*truststore.JavaTrust, error) {
	java, err := truststore.NewJavaTrust()
	if err != nil {
		return nil, fmt.Errorf("JAVA_HOME: %q: must be the folder of a Java installation with bin/keytool", os.Getenv("JAVA_HOME"))
	}
	return java, nil
}

// nss does something with the databases of NSS.
func nss(do func(*truststore.NSSTrust) error) error {
	store, err := truststore.NewNSSTrust()
	if errors.Is(err, truststore.ErrTrustNotSupported) {
		return errors.New("browsers of this system read no such store; the system's store is theirs too")
	}
	if err != nil {
		return fmt.Errorf(`certutil is missing; install it with "%s", and run this again`, truststore.CertutilInstallHelp)
	}
	return inEach(func() error { return do(store) })
}

// inEach does something for the usual places of Firefox's profiles, and for those of
// browsers from snaps. Chromium's own database is looked at each time.
func inEach(do func() error) error {
	usual := truststore.NSSProfile
	defer func() { truststore.NSSProfile = usual }()
	home := os.Getenv("HOME")
	var problems []error
	for _, profiles := range []string{
		usual, filepath.Join(home, "snap/firefox/common/.mozilla/firefox/*"), filepath.Join(home, "snap/chromium/current/.pki/nssdb"),
	} {
		truststore.NSSProfile = profiles
		problems = append(problems, do())
	}
	return errors.Join(problems...)
}

func installNSS(file string, certificate *x509.Certificate) error {
	return nss(func(store *truststore.NSSTrust) error {
		if err := makeDatabase(); err != nil {
			return err
		}
		if store.PreCheck() != nil {
			return errors.New("no database: start Firefox once, and run this again")
		}
		if store.Exists(certificate) {
			return nil
		}
		return told(store.Install(file, certificate))
	})
}

func uninstallNSS(file string, certificate *x509.Certificate) error {
	return nss(func(store *truststore.NSSTrust) error { return told(store.Uninstall(file, certificate)) })
}

// makeDatabase makes the database that Chromium and Chrome read on Linux, if there is none:
// they would make it when they first need it.
func makeDatabase() error {
	dir := filepath.Join(os.Getenv("HOME"), ".pki", "nssdb")
	if _, err := os.Stat(filepath.Join(dir, "cert9.db")); err == nil || runtime.GOOS != "linux" { //nolint:gosec // in the user's home
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil { //nolint:gosec // in the user's home
		return err
	}
	command := exec.Command("certutil", "-N", "-d", "sql:"+dir, "--empty-password") //nolint:gosec // a folder of the user
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(command.Args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}
