package shell_test

import (
	"os/exec"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/shell"
)

// awkward words mean something to a shell.
var awkward = []string{
	"", " ", "two words", "it's", "'", "''", `\`, `\'`, `"`, "$HOME", "$(echo no)", "`echo no`", "a\nb", "*", "~", "#", "!", "&", ";", "|", "<", ">",
	"system/*.rs", "a=b", "{a,b}", `{"Metadata":"it's <a> & \"b\""}`, "ü",
}

func read(t *testing.T, line string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "sh", "-c", line).Output()
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return string(out)
}

func TestAShellReadsAQuotedWordBackUnchanged(t *testing.T) {
	for _, word := range append(awkward, "plain") {
		if got := read(t, "printf %s "+shell.Quote(word)); got != word {
			t.Errorf("got %q, want %q", got, word)
		}
	}
}

func TestAShellReadsALineBackWordForWord(t *testing.T) {
	words, want := []string{"printf", `[%s]`}, ""
	for _, word := range append(awkward, "plain") {
		words, want = append(words, word), want+"["+word+"]"
	}
	if got := read(t, shell.Line(words...)); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestALineQuotesOnlyWordsThatAShellWouldChange(t *testing.T) {
	got := shell.Line("aws", "healthlake", "--data-access-role-arn", "arn:aws:iam::111122223333:role/import_1", "", "s3://b/*", "it's")
	const want = `aws healthlake --data-access-role-arn arn:aws:iam::111122223333:role/import_1 '' 's3://b/*' 'it'\''s'`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
