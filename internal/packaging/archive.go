package packaging

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// Bootstrap is the file in an archive that the runtime provided.al2023 runs.
const Bootstrap = "bootstrap"

// zipBootstrap makes an archive of one executable entry with no time of its own.
// Pulumi's own archives would lose the executable bit.
func zipBootstrap(binary string) ([]byte, error) {
	content, err := os.ReadFile(binary) //nolint:gosec // the file just built
	if err != nil {
		return nil, err
	}
	header := &zip.FileHeader{Name: Bootstrap, Method: zip.Deflate}
	header.SetMode(0o755)
	var archive bytes.Buffer
	writer := zip.NewWriter(&archive)
	entry, err := writer.CreateHeader(header)
	if err != nil {
		return nil, err
	}
	if _, err := entry.Write(content); err != nil {
		return nil, err
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	return archive.Bytes(), nil
}

// Store keeps an archive in the user's cache under a name and the hash of its
// content, where the next run of the program finds it, and returns its path.
func Store(name string, archive []byte) (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no place to keep the archive: set HOME, or give the path of a prebuilt archive: %w", err)
	}
	dir = filepath.Join(dir, "smartlake")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	// Whoever can write here chooses what runs as the functions.
	if info, err := os.Lstat(dir); err != nil || !info.IsDir() || info.Mode().Perm()&0o022 != 0 {
		return "", fmt.Errorf("%s: must be a folder (not a link) that only its owner can write to", dir)
	}
	sum := sha256.Sum256(archive)
	path := filepath.Join(dir, name+"-"+hex.EncodeToString(sum[:8])+".zip")
	if existing, err := os.ReadFile(path); err == nil && bytes.Equal(existing, archive) { //nolint:gosec // our own file
		return path, nil
	}
	file, err := os.CreateTemp(dir, name+"-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	_, writeErr := file.Write(archive)
	if err := errors.Join(writeErr, file.Close()); err != nil {
		return "", err
	}
	return path, os.Rename(file.Name(), path)
}

// Check says why Lambda could not run an archive on an architecture, "" if it can.
func Check(path, architecture string) string {
	const want = `must be a zip archive with an executable file "bootstrap" for the function's architecture`
	archive, err := zip.OpenReader(path)
	if err != nil {
		return want + ": " + err.Error()
	}
	defer func() { _ = archive.Close() }()
	index := slices.IndexFunc(archive.File, func(f *zip.File) bool { return f.Name == Bootstrap })
	if index < 0 || archive.File[index].Mode().Perm()&0o111 == 0 {
		return want
	}
	if machine, ok := elfMachine(archive.File[index]); ok && machine != elfMachines[architecture] {
		return want + "; it holds a binary for " + machine.String()
	}
	return ""
}

var elfMachines = map[string]elf.Machine{"arm64": elf.EM_AARCH64, "x86_64": elf.EM_X86_64}

// elfMachine tells the processor of a Linux binary. Other binaries, such as those
// that a local run on another system uses, are not judged.
func elfMachine(file *zip.File) (elf.Machine, bool) {
	reader, err := file.Open()
	if err != nil {
		return 0, false
	}
	defer func() { _ = reader.Close() }()
	content, err := io.ReadAll(io.LimitReader(reader, 256<<20))
	if err != nil {
		return 0, false
	}
	binary, err := elf.NewFile(bytes.NewReader(content))
	if err != nil {
		return 0, false
	}
	return binary.Machine, true
}
