// Package shell writes words and command lines that a POSIX shell reads back unchanged
// (https://pubs.opengroup.org/onlinepubs/9699919799/utilities/V3_chap02.html#tag_18_02).
// Every line that Smartlake prints for people to paste is quoted here.
package shell

import "strings"

// Quote returns a word in single quotes.
func Quote(word string) string {
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// Line returns a command line. Words that no shell changes stay without quotes.
func Line(words ...string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		if quoted[i] = word; word == "" || strings.Trim(word, plain) != "" {
			quoted[i] = Quote(word)
		}
	}
	return strings.Join(quoted, " ")
}

// plain characters mean nothing to a shell, wherever in a word they stand.
const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:"
