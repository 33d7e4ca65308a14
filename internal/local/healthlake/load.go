package healthlake

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/smartlake/pulumi-smartlake/smart"
)

// Limits of what is loaded: all of it is kept in memory, in several times its size.
const (
	maxLoad      = 128 << 20
	maxResources = 200_000
)

// Load reads the resources of a folder: the files *.json, each with one resource or one
// Bundle, and *.ndjson, with one a line. A Bundle is of type transaction, batch,
// collection or searchset, and its entries only create (POST, PUT); Synthea writes such.
//
// A resource keeps its id. One without gets that of its full URL (urn:uuid:…), or one that
// is made of its place, the same each time. References to full URLs and conditional
// references (Practitioner?identifier=…) are replaced by those to the resources that they
// mean, and must mean one. A relative reference may lead to a resource that is not there,
// as in an excerpt of a larger set. The same resource twice is one; two different ones
// with one id are refused.
//
// An error names the file, the line or the entry, and the element.
func Load(dir string) (*Data, error) {
	l := &loading{placeOf: map[string]int{}, byURL: map[string]string{}, byCondition: map[string]string{}}
	if err := l.readAll(dir); err != nil {
		return nil, err
	}
	d := Empty()
	for i := range l.read {
		linked, err := l.link(&l.read[i])
		if err != nil {
			return nil, err
		}
		d.resources = append(d.resources, linked)
	}
	return d, nil
}

// loading is what was read so far.
type loading struct {
	size        int64
	read        []loaded
	placeOf     map[string]int    // in read, by type and id
	byURL       map[string]string // type and id by full URL
	byCondition map[string]string // type and id by conditional reference
}

// loaded is a resource and where it stands.
type loaded struct {
	resource
	at string // file and line or entry
}

// readAll reads the files of a folder in the order of their names.
func (l *loading) readAll(dir string) error {
	files, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("%s: %w; use a folder of FHIR R4 resources", dir, err)
	}
	found := false
	for _, file := range files {
		path := filepath.Join(dir, file.Name())
		switch strings.ToLower(filepath.Ext(file.Name())) {
		case ".json":
			err = l.readFile(path, l.readDocument)
		case ".ndjson":
			err = l.readFile(path, l.readLines)
		default:
			continue
		}
		if err != nil {
			return err
		}
		found = true
	}
	if !found {
		return fmt.Errorf("%s: no file *.json or *.ndjson; use a folder of FHIR R4 resources", dir)
	}
	return nil
}

func (l *loading) readFile(path string, read func(path string, from io.Reader) error) error {
	about, err := os.Stat(path) // before it is opened: to open a pipe waits for a writer
	if err != nil {
		return err
	}
	if !about.Mode().IsRegular() {
		return fmt.Errorf("%s: must be a file", path)
	}
	file, err := os.Open(path) //nolint:gosec // the developer's own folder
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	if l.size += about.Size(); l.size > maxLoad {
		return fmt.Errorf("%s: the files are larger than %d MiB together; load fewer", path, maxLoad>>20)
	}
	return read(path, io.LimitReader(file, about.Size()))
}

// readDocument reads a file of one resource or Bundle.
func (l *loading) readDocument(path string, from io.Reader) error {
	text, err := io.ReadAll(from)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	r, err := parseResource(text)
	if err != nil {
		return fmt.Errorf("%s:%d: %w", path, lineOf(text, err), err)
	}
	return l.add(path, r)
}

// lineOf is the line of a text at which JSON ends to make sense.
func lineOf(text []byte, err error) int {
	var syntax *json.SyntaxError
	offset := int64(0)
	if errors.As(err, &syntax) {
		offset = min(syntax.Offset, int64(len(text)))
	}
	return 1 + bytes.Count(text[:offset], []byte("\n"))
}

// readLines reads a file of one resource a line.
func (l *loading) readLines(path string, from io.Reader) error {
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, maxBody)
	number := 0
	for lines.Scan() {
		number++
		text := bytes.TrimSpace(lines.Bytes())
		if len(text) == 0 {
			continue
		}
		at := fmt.Sprintf("%s:%d", path, number)
		r, err := parseResource(text)
		if err != nil {
			return fmt.Errorf("%s: %w", at, err)
		}
		if err := l.add(at, r); err != nil {
			return err
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return fmt.Errorf("%s:%d: the line is too long; must be at most %d MiB", path, number+1, maxBody>>20)
	}
	return lines.Err()
}

// add takes a resource, or those of a Bundle.
func (l *loading) add(at string, r resource) error {
	if r.typ() != "Bundle" {
		return l.addResource(at, "", r)
	}
	if known := []string{"transaction", "batch", "collection", "searchset"}; !slices.Contains(known, r.text("type")) {
		return fmt.Errorf("%s: type: %q: must be one of %s", at, r.text("type"), strings.Join(known, ", "))
	}
	for n, value := range r.at("entry") {
		at := fmt.Sprintf("%s: entry[%d]", at, n)
		entry, _ := value.(map[string]any)
		request, _ := entry["request"].(map[string]any)
		if method, ok := request["method"].(string); ok && method != "POST" && method != "PUT" {
			return fmt.Errorf("%s: request.method: %q: must be POST or PUT", at, method)
		}
		content, ok := entry["resource"].(map[string]any)
		if !ok {
			return fmt.Errorf("%s: resource: missing; add one", at)
		}
		fullURL, _ := entry["fullUrl"].(string)
		if err := l.addResource(at, fullURL, content); err != nil {
			return err
		}
	}
	return nil
}

// addResource takes one resource. It may be there already.
func (l *loading) addResource(at, fullURL string, r resource) error {
	if !smart.IsResourceType(r.typ()) {
		return fmt.Errorf("%s: resourceType: %q: must be a type of FHIR R4", at, r.typ())
	}
	if r["id"] == nil {
		r["id"] = idFor(at, fullURL)
	}
	if !validID(r.id()) {
		return fmt.Errorf("%s: id: %v: must be 1 to 64 letters, digits, hyphens and dots", at, r["id"])
	}
	name := r.typ() + "/" + r.id()
	if earlier, ok := l.byURL[fullURL]; ok && earlier != name {
		return fmt.Errorf("%s: fullUrl: %q: is also that of %s; make it unique", at, fullURL, earlier)
	}
	if fullURL != "" {
		l.byURL[fullURL] = name
	}
	if place, ok := l.placeOf[name]; ok {
		if earlier := l.read[place]; !reflect.DeepEqual(earlier.resource, r) {
			return fmt.Errorf("%s: id: %q: %s has another %s with it; make it unique", at, r.id(), earlier.at, r.typ())
		}
		return nil
	}
	if len(l.read) == maxResources {
		return fmt.Errorf("%s: more than %d resources; load fewer", at, maxResources)
	}
	l.placeOf[name] = len(l.read)
	l.read = append(l.read, loaded{r, at})
	return nil
}

// idFor is the id of a resource that has none: that of its full URL, or one of its place.
func idFor(at, fullURL string) string {
	if id, ok := strings.CutPrefix(fullURL, "urn:uuid:"); ok && validID(id) {
		return id
	}
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte(filepath.Base(at)+" "+fullURL)).String()
}
