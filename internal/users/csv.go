package users

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// The bounds of a file.
const (
	maxFile = 32 << 20 // bytes
	maxRows = 100_000
)

// columns are those with a meaning of their own. Every other one is an attribute of the
// pool.
var columns = []string{FieldUsername, FieldEmail, FieldPatient, FieldFHIRUser, FieldGroups}

// Row is a user of a file.
type Row struct {
	Line int // of the file, from 1, where the row begins
	Wanted
	// Err says why the row is refused before anything is asked, as [Problems]; nil for none.
	Err error
}

// ReadCSV reads users from a file of comma-separated values (RFC 4180) in UTF-8, with or
// without a byte order mark. The first line names the columns: username, which is required,
// email, patient, fhirUser, groups (with spaces between them), and attributes of the pool
// by Cognito's names. An empty cell leaves what it is about as it is. An apostrophe before
// what a spreadsheet takes for a formula is no part of the value.
//
// An error is about the file as a whole. What is wrong with one row is the row's.
func (p *Pool) ReadCSV(from io.Reader) ([]Row, error) {
	data, err := io.ReadAll(io.LimitReader(from, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("longer than %d MiB; split it", maxFile>>20)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !utf8.Valid(data) {
		return nil, errors.New("must be text in UTF-8; save it so (in a spreadsheet: CSV UTF-8)")
	}
	reader := csv.NewReader(bytes.NewReader(data))
	header, err := reader.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("empty; the first line must name the columns: " + strings.Join(columns, ","))
	}
	if err != nil {
		return nil, err
	}
	if err := p.checkHeader(header); err != nil {
		return nil, err
	}
	var rows []Row
	for {
		cells, err := reader.Read()
		if errors.Is(err, io.EOF) {
			p.checkAgainstEachOther(rows)
			return rows, nil
		}
		if err != nil { // it names the line
			return nil, err
		}
		if len(rows) == maxRows {
			return nil, fmt.Errorf("more than %d rows; split it", maxRows)
		}
		line, _ := reader.FieldPos(0)
		rows = append(rows, p.rowOf(line, header, cells))
	}
}

func (p *Pool) checkHeader(header []string) error {
	for i, name := range header {
		lower := strings.ToLower(name)
		switch {
		case slices.Contains(header[:i], name):
			return fmt.Errorf("line 1: %q: a column twice; name each one once", name)
		case len(header) == 1 && strings.ContainsAny(name, ";\t"):
			return fmt.Errorf("line 1: %q: must have commas between the columns", name)
		case strings.Contains(lower, "password"):
			return fmt.Errorf("line 1: %q: a file has no passwords; invite the users, or set a password with \"smartlake users password\"", name)
		case slices.Contains(columns, name):
		case !p.settable(name):
			return fmt.Errorf("line 1: %q: must be one of %s, or an attribute of the user pool that can be changed", name, strings.Join(columns, ", "))
		}
	}
	if !slices.Contains(header, FieldUsername) {
		return fmt.Errorf("line 1: no column %s; the first line names the columns, of which that one is required", FieldUsername)
	}
	return nil
}

// settable reports whether an import may set an attribute.
func (p *Pool) settable(name string) bool {
	return len(p.checkAttribute(name, "")) == 0 || name == "phone_number"
}

func (p *Pool) rowOf(line int, header, cells []string) Row {
	row := Row{Line: line, Wanted: Wanted{Attributes: map[string]string{}}}
	var problems Problems
	for i, name := range header {
		value := asText(cells[i])
		if strings.TrimSpace(value) != value {
			problems = append(problems, Problem{name, "", "has white space at an end; remove it"})
		}
		switch name {
		case FieldUsername:
			row.Username = value
		case FieldEmail:
			row.Email = value
		case FieldPatient:
			row.Patient = value
		case FieldFHIRUser:
			row.FHIRUser = value
		case FieldGroups:
			row.Groups = strings.Fields(value)
		default:
			if value != "" {
				row.Attributes[name] = value
			}
		}
	}
	var wrong Problems
	if errors.As(p.Check(row.Wanted), &wrong) {
		problems = append(problems, wrong...)
	}
	row.Err = problems.orNil()
	return row
}

// checkAgainstEachOther refuses the second row of a name, or of an address that users sign
// in with: which of the two is meant is not known.
func (p *Pool) checkAgainstEachOther(rows []Row) {
	fold := strings.ToLower
	if p.described.caseSensitive {
		fold = func(text string) string { return text }
	}
	names, addresses := map[string]int{}, map[string]int{}
	for i, row := range rows {
		if row.Err != nil {
			continue
		}
		name, address := fold(row.Username), fold(row.Email)
		unique := address != "" && slices.Contains(slices.Concat(p.described.aliases, p.described.signIn), "email")
		switch {
		case names[name] != 0:
			rows[i].Err = Problems{{FieldUsername, row.Username, fmt.Sprintf("the user of line %d too; name each user once", names[name])}}
		case unique && addresses[address] != 0:
			rows[i].Err = Problems{{FieldEmail, row.Email, fmt.Sprintf("the address of line %d too; users sign in with it, so that each needs their own", addresses[address])}}
		default:
			names[name] = row.Line
			if unique {
				addresses[address] = row.Line
			}
		}
	}
}
