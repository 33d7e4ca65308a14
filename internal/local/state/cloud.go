package state

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/local/authority"
)

// CertificateName is the file of the run folder that stays when the cloud ends: apps
// name it in their configuration, and it is no secret.
const CertificateName = "certificate.pem"

const (
	version   = 1 // of savedCloud; another one is not read
	cloudName = "cloud.json"
	runName   = "run"
)

// Cloud is what one project and stack keeps, or what a throwaway cloud keeps as long as
// this process runs. Close it.
type Cloud struct {
	saved savedCloud
	dir   directory         // nothing for a throwaway
	lock  io.Closer         // nil for a throwaway
	files map[string][]byte // of a throwaway
	run   string            // the run folder of a throwaway

	issuer *authority.Authority // nil for a throwaway that asked for none yet
}

// savedCloud is what cloud.json holds.
type savedCloud struct {
	Version int    `json:"version"`
	Project string `json:"project"` // for people
	Stack   string `json:"stack"`
	// Key that ids and secrets follow from.
	Key   string `json:"key"`
	Ports []int  `json:"ports,omitempty"`
}

// Throwaway keeps everything in memory, a certificate authority too.
func Throwaway() *Cloud {
	return &Cloud{saved: savedCloud{Version: version, Key: newKey()}, files: map[string][]byte{}}
}

func newKey() string { return rand.Text() + rand.Text() }

// Cloud opens what a stack of the project in a folder keeps, and makes it if there is
// nothing yet. The error is ErrLocked if another process has it.
func (f *Folder) Cloud(project, stack string) (*Cloud, error) { return f.cloud(project, stack, false) }

// Fresh makes it anew: nothing is left of the former.
func (f *Folder) Fresh(project, stack string) (*Cloud, error) { return f.cloud(project, stack, true) }

func (f *Folder) cloud(project, stack string, fresh bool) (_ *Cloud, err error) {
	own, err := f.Authority()
	if err != nil {
		return nil, err
	}
	dir, err := f.find(project, stack, true)
	if err != nil {
		return nil, err
	}
	lock, err := dir.lock()
	if err != nil {
		return nil, errors.Join(err, dir.Close())
	}
	c := &Cloud{dir: dir, lock: lock, issuer: own}
	if fresh {
		err = dir.clear("lock")
	}
	if err == nil {
		err = c.read(project, stack)
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// find opens the folder of a cloud.
func (f *Folder) find(project, stack string, create bool) (directory, error) {
	id, err := id(project, stack)
	if err != nil {
		return directory{}, err
	}
	clouds, err := f.top.sub(cloudsName, create)
	if err != nil {
		return directory{}, err
	}
	dir, err := clouds.sub(id, create)
	return dir, errors.Join(err, clouds.Close())
}

// Running is the run folder of the stack's cloud, if one runs.
func (f *Folder) Running(project, stack string) (dir string, running bool, err error) {
	cloud, err := f.find(project, stack, false)
	if errors.Is(err, fs.ErrNotExist) {
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	running, err = cloud.locked()
	return cloud.path(runName), running, errors.Join(err, cloud.Close())
}

// read reads cloud.json, or writes a first one.
func (c *Cloud) read(project, stack string) error {
	text, err := c.dir.read(cloudName)
	if errors.Is(err, fs.ErrNotExist) {
		if project, err = filepath.Abs(project); err != nil {
			return err
		}
		c.saved = savedCloud{Version: version, Project: project, Stack: stack, Key: newKey()}
		return c.save()
	}
	if err != nil {
		return err
	}
	if c.saved, err = decode(text); err != nil {
		return c.Broken(cloudName, err)
	}
	return nil
}

func decode(text []byte) (savedCloud, error) {
	var is struct{ Version *int }
	if err := json.Unmarshal(text, &is); err != nil {
		return savedCloud{}, fmt.Errorf("no JSON that can be read: %w", err)
	}
	if is.Version == nil {
		return savedCloud{}, fmt.Errorf("version: missing: must be %d", version)
	}
	if *is.Version != version {
		return savedCloud{}, fmt.Errorf("version: %d: written by another release of smartlake; must be %d", *is.Version, version)
	}
	var read savedCloud
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&read); err != nil {
		return savedCloud{}, err
	}
	if len(read.Key) < len(newKey()) {
		return savedCloud{}, errors.New("key: too short")
	}
	if slices.ContainsFunc(read.Ports, func(port int) bool { return port < 1 || port > 65535 }) {
		return savedCloud{}, fmt.Errorf("ports: %v: must be 1 to 65535", read.Ports)
	}
	return read, nil
}

func (c *Cloud) save() error {
	if !c.Kept() {
		return nil
	}
	text, err := json.MarshalIndent(c.saved, "", "  ")
	if err != nil {
		return err
	}
	return c.dir.write(cloudName, append(text, '\n'))
}

// Broken is the error of a file that cannot be used, with what to do about it.
func (c *Cloud) Broken(name string, err error) error {
	path := name
	if c.Kept() {
		path = c.dir.path(name)
	}
	return fmt.Errorf("%s: %w; start once with --fresh, which makes new ids, secrets and ports", path, err)
}

// Kept reports whether this outlives the process.
func (c *Cloud) Kept() bool { return c.dir.Root != nil }

// Secret is 52 characters of A-Z and 2-7 that follow from a label, and from which nobody
// can tell another one.
func (c *Cloud) Secret(label string) string {
	sum := hmac.New(sha256.New, []byte(c.saved.Key))
	_, _ = sum.Write([]byte(label)) // never fails
	return strings.TrimRight(base32.StdEncoding.EncodeToString(sum.Sum(nil)), "=")
}

// Ports of the endpoints, in their order; none before a first run.
func (c *Cloud) Ports() []int { return slices.Clone(c.saved.Ports) }

// SetPorts keeps the ports of the endpoints.
func (c *Cloud) SetPorts(ports []int) error {
	if slices.Equal(ports, c.saved.Ports) {
		return nil
	}
	c.saved.Ports = slices.Clone(ports)
	return c.save()
}

// Read returns the content of a file that Write kept; nil if there is none.
func (c *Cloud) Read(name string) ([]byte, error) {
	if !c.Kept() {
		return c.files[name], nil
	}
	content, err := c.dir.read(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return content, err
}

// Write keeps a file.
func (c *Cloud) Write(name string, content []byte) error {
	if !c.Kept() {
		c.files[name] = slices.Clone(content)
		return nil
	}
	return c.dir.write(name, content)
}

// StartRun makes the folder for the files of a running cloud, and returns its path. It is
// empty but for the certificate.
func (c *Cloud) StartRun() (string, error) {
	if !c.Kept() {
		var err error
		c.run, err = os.MkdirTemp("", "smartlake-local-")
		return c.run, err
	}
	run, err := c.dir.sub(runName, true)
	if err != nil {
		return "", err
	}
	return run.Name(), errors.Join(run.clear(CertificateName), run.Close())
}

// EndRun removes the files of a running cloud. Of one that is kept, the certificate stays.
func (c *Cloud) EndRun() error {
	if !c.Kept() {
		run := c.run
		c.run = ""
		if run == "" {
			return nil
		}
		return os.RemoveAll(run)
	}
	run, err := c.dir.sub(runName, false)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(run.clear(CertificateName), run.Close())
}

// Close gives the state back.
func (c *Cloud) Close() error {
	if !c.Kept() {
		return c.EndRun()
	}
	return errors.Join(c.lock.Close(), c.dir.Close())
}
