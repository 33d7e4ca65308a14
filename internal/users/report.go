package users

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Report is what an import did.
type Report struct {
	DryRun  bool
	Results []Result
}

// statuses in the order in which a summary counts them.
var statuses = []Status{Created, Updated, Unchanged, Refused, Failed, NotTried}

func (r Report) count(status Status) int {
	n := 0
	for _, result := range r.Results {
		if result.Status == status {
			n++
		}
	}
	return n
}

// OK reports whether every user is as wanted or, in a dry run, would be.
func (r Report) OK() bool {
	return r.count(Refused)+r.count(Failed)+r.count(NotTried) == 0
}

// Summary counts the rows: "2 created, 1 unchanged".
func (r Report) Summary() string {
	var parts []string
	for _, status := range statuses {
		if n := r.count(status); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, status))
		}
	}
	if len(parts) == 0 {
		parts = []string{"no rows"}
	}
	text := strings.Join(parts, ", ")
	if r.DryRun {
		text += " (dry run: nothing was changed)"
	}
	return text
}

// WriteTable writes a line for each row that is not unchanged.
func (r Report) WriteTable(to io.Writer) error {
	for _, result := range r.Results {
		if result.Status == Unchanged {
			continue
		}
		text := fmt.Sprintf("line %d  %s  %s", result.Line, Shown(result.Username), result.Status)
		if len(result.Changes) > 0 {
			text += " (" + strings.Join(result.Changes, ", ") + ")"
		}
		if result.Err != nil {
			text += ": " + result.Err.Error()
		}
		if _, err := fmt.Fprintln(to, text); err != nil {
			return err
		}
	}
	return nil
}

// WriteCSV writes a line for every row, for a spreadsheet: no cell is taken for a formula.
func (r Report) WriteCSV(to io.Writer) error {
	writer := csv.NewWriter(to)
	records := [][]string{{"line", "username", "result", "changes", "reason"}}
	for _, result := range r.Results {
		reason := ""
		if result.Err != nil {
			reason = result.Err.Error()
		}
		records = append(records, []string{
			strconv.Itoa(result.Line), noFormula(result.Username), string(result.Status), noFormula(strings.Join(result.Changes, " ")), noFormula(reason),
		})
	}
	return writer.WriteAll(records)
}

// noFormula puts an apostrophe before a text that spreadsheets take for a formula
// (https://owasp.org/www-community/attacks/CSV_Injection).
func noFormula(text string) string {
	if formula(text) {
		return "'" + text
	}
	return text
}

// formula reports whether a spreadsheet may take a text for a formula, also after white space.
func formula(text string) bool {
	return strings.IndexAny(text, "\t\r\n") == 0 || strings.IndexAny(strings.TrimSpace(text), "=+-@＝＋－＠") == 0
}

// WriteJSON writes one object with all rows.
func (r Report) WriteJSON(to io.Writer) error {
	type row struct {
		Line     int      `json:"line"`
		Username string   `json:"username"`
		Result   Status   `json:"result"`
		Changes  []string `json:"changes,omitempty"`
		Reason   string   `json:"reason,omitempty"`
	}
	report := struct {
		DryRun bool           `json:"dryRun"`
		Counts map[Status]int `json:"counts"`
		Rows   []row          `json:"rows"`
	}{r.DryRun, map[Status]int{}, []row{}}
	for _, status := range statuses {
		report.Counts[status] = r.count(status)
	}
	for _, result := range r.Results {
		written := row{Line: result.Line, Username: result.Username, Result: result.Status, Changes: result.Changes}
		if result.Err != nil {
			written.Reason = result.Err.Error()
		}
		report.Rows = append(report.Rows, written)
	}
	encoder := json.NewEncoder(to)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(report)
}

// Shown is a name as it is printed: one that could be none of Cognito's is quoted, so that
// it changes nothing on a terminal.
func Shown(name string) string {
	if usernamePattern.MatchString(name) {
		return name
	}
	return strconv.Quote(name)
}
