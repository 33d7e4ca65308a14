package state_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/local/authority"
	"github.com/smartlake/pulumi-smartlake/internal/local/state"
)

func authorityOf(t *testing.T, kept *state.Cloud) *authority.Authority {
	t.Helper()
	own, err := kept.Authority()
	if err != nil {
		t.Fatal(err)
	}
	return own
}

func TestAllCloudsOfAUserHaveOneAuthority(t *testing.T) {
	path := inFolder(t)
	project := t.TempDir()
	folder := open(t)
	if _, _, err := folder.Trusted(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("before the first cloud: %v", err)
	}
	dev, end := cloud(t, project, "dev")
	own := authorityOf(t, dev).Certificate()
	end()
	prod, _ := cloud(t, project, "prod")
	fresh, err := folder.Fresh(project, "dev")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = fresh.Close() })
	beside, err := folder.Throwaway()
	if err != nil {
		t.Fatal(err)
	}
	for what, other := range map[string]*state.Cloud{"another stack": prod, "a fresh one": fresh, "a throwaway beside": beside} {
		if !authorityOf(t, other).Certificate().Equal(own) {
			t.Errorf("%s has another authority", what)
		}
	}
	trusted, file, err := folder.Trusted()
	if err != nil || file != filepath.Join(path, "ca", "certificate.pem") || !trusted.Equal(own) {
		t.Errorf("%v %s %v", trusted, file, err)
	}
	text, err := os.ReadFile(file)
	if err != nil || bytes.Contains(text, []byte("PRIVATE")) {
		t.Errorf("%s %v", text, err)
	}
}

func TestAThrowawayHasAnAuthorityOfItsOwn(t *testing.T) {
	path := inFolder(t)
	one, other := state.Throwaway(), state.Throwaway()
	first := authorityOf(t, one).Certificate()
	if !authorityOf(t, one).Certificate().Equal(first) || authorityOf(t, other).Certificate().Equal(first) {
		t.Error("want one authority each")
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is kept: %v", err)
	}
}

func TestTwoStacksThatStartAtOnceMakeOneAuthority(t *testing.T) {
	inFolder(t)
	project, folder := t.TempDir(), open(t)
	serials := make(chan string, 8)
	var all sync.WaitGroup
	for i := range cap(serials) {
		all.Go(func() {
			kept, err := folder.Cloud(project, strings.Repeat("s", i+1))
			if err != nil {
				t.Error(err)
				return
			}
			own, err := kept.Authority()
			if err := errors.Join(err, kept.Close()); err != nil {
				t.Error(err)
				return
			}
			serials <- own.Certificate().SerialNumber.String()
		})
	}
	all.Wait()
	close(serials)
	first := <-serials
	for serial := range serials {
		if serial != first {
			t.Errorf("authorities %s and %s", first, serial)
		}
	}
}

func TestAnAuthorityThatCannotBeReadNamesItsFileAndWhatToDo(t *testing.T) {
	top, project := inFolder(t), t.TempDir()
	_, end := cloud(t, project, "dev")
	end()
	if err := os.WriteFile(caKey(top), []byte("garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	want := caKey(top) + `: tls: failed to find any PEM data in certificate input; run "smartlake local untrust", and delete the folder ` + ca(top) + " for a new certificate authority"
	if err := reopen(project); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if _, _, err := open(t).Trusted(); err != nil {
		t.Errorf("nobody could stop trusting it: %v", err)
	}
	if err := os.RemoveAll(ca(top)); err != nil {
		t.Fatal(err)
	}
	if err := reopen(project); err != nil {
		t.Error(err)
	}
}
