package smoke

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// Report is a run in a form to be written.
type Report struct {
	Datastore string // the FHIR base URL
	Started   time.Time
	Results   []Result
}

// Count returns how many checks ended so.
func (r Report) Count(status Status) int {
	n := 0
	for _, result := range r.Results {
		if result.Status == status {
			n++
		}
	}
	return n
}

// OK reports whether something passed and nothing failed.
func (r Report) OK() bool { return r.Count(Failed) == 0 && r.Count(Passed) > 0 }

// Summary is one line.
func (r Report) Summary() string {
	return fmt.Sprintf("%d passed, %d failed, %d skipped", r.Count(Passed), r.Count(Failed), r.Count(Skipped))
}

// The colors of a table (ECMA-48, 8.3.117), all of the same length so that its columns
// stay in line.
var colors = map[Status]string{Passed: "\x1b[32m", Failed: "\x1b[31m", Skipped: "\x1b[33m"}

// WriteTable writes the checks with their times for people.
func (r Report) WriteTable(w io.Writer, colored bool) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, result := range r.Results {
		status := string(result.Status)
		if colored {
			status = colors[result.Status] + status + "\x1b[0m"
		}
		detail := result.Detail
		if result.Attempts > 1 {
			detail += fmt.Sprintf(" (%d requests)", result.Attempts)
		}
		took := "-"
		if result.Attempts > 0 {
			took = result.Took.Round(time.Millisecond).String()
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", status, took, result.Name, detail)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\n%s.\n", r.Summary())
	return err
}

// WriteJSON writes one JSON object for programs.
func (r Report) WriteJSON(w io.Writer) error {
	type check struct {
		Name     string  `json:"name"`
		Status   Status  `json:"status"`
		Seconds  float64 `json:"seconds"`
		Attempts int     `json:"attempts"`
		Detail   string  `json:"detail"`
	}
	checks := []check{}
	for _, result := range r.Results {
		checks = append(checks, check{result.Name, result.Status, result.Took.Seconds(), result.Attempts, result.Detail})
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(struct {
		Datastore string    `json:"datastore"`
		Started   time.Time `json:"started"`
		OK        bool      `json:"ok"`
		Passed    int       `json:"passed"`
		Failed    int       `json:"failed"`
		Skipped   int       `json:"skipped"`
		Checks    []check   `json:"checks"`
	}{r.Datastore, r.Started.UTC(), r.OK(), r.Count(Passed), r.Count(Failed), r.Count(Skipped), checks})
}

// WriteJUnit writes the XML that CI systems read.
func (r Report) WriteJUnit(w io.Writer) error {
	type message struct {
		Message string `xml:"message,attr"`
	}
	type testCase struct {
		Class   string   `xml:"classname,attr"`
		Name    string   `xml:"name,attr"`
		Time    string   `xml:"time,attr"`
		Failure *message `xml:"failure"`
		Skipped *message `xml:"skipped"`
		Output  string   `xml:"system-out,omitempty"`
	}
	type testSuite struct {
		XMLName   xml.Name   `xml:"testsuite"`
		Name      string     `xml:"name,attr"`
		Hostname  string     `xml:"hostname,attr"`
		Timestamp string     `xml:"timestamp,attr"`
		Time      string     `xml:"time,attr"`
		Tests     int        `xml:"tests,attr"`
		Failures  int        `xml:"failures,attr"`
		Errors    int        `xml:"errors,attr"`
		Skipped   int        `xml:"skipped,attr"`
		Cases     []testCase `xml:"testcase"`
	}
	suite := testSuite{
		Name: "smartlake smoke", Hostname: r.Datastore, Timestamp: r.Started.UTC().Format("2006-01-02T15:04:05"),
		Tests: len(r.Results), Failures: r.Count(Failed), Skipped: r.Count(Skipped),
	}
	var total time.Duration
	for _, result := range r.Results {
		total += result.Took
		one := testCase{Class: "smartlake.smoke", Name: result.Name, Time: seconds(result.Took)}
		switch result.Status {
		case Failed:
			one.Failure = &message{result.Detail}
		case Skipped:
			one.Skipped = &message{result.Detail}
		case Passed:
			one.Output = result.Detail
		}
		suite.Cases = append(suite.Cases, one)
	}
	suite.Time = seconds(total)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(suite); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
