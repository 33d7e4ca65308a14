package explain

import "strings"

// Tables are what holds of every stack, by the name of the part of docs/explanation/hipaa.md
// that shows it: the safeguards, the services and the settings to know.
func Tables() map[string]string {
	return map[string]string{
		"safeguards": tableOf([]string{"45 CFR 164.312", "what Smartlake does", "what is left to you", "where to see it"}, safeguards,
			func(one safeguard) []string {
				return []string{one.section + " " + one.name + " (" + one.specification + ")", one.does, one.yours, one.see}
			}),
		"services": tableOf([]string{"service", "on AWS's list of 2021", "protected health information", "at rest", "in transit", "kept", "shown by"}, services,
			func(one awsService) []string {
				return []string{one.Name, yes(one.listed), one.PHI, one.AtRest, one.InTransit, one.Kept, one.shown}
			}),
		"settings": tableOf([]string{"setting", "listed if it is", "because", "safer", "source"}, questions,
			func(one question) []string {
				return []string{code(one.setting), one.listed, one.means, one.safer, one.source}
			}),
	}
}

func tableOf[T any](columns []string, things []T, cells func(T) []string) string {
	d := &document{}
	rows(d, things, columns, cells)
	return strings.ReplaceAll(d.text.String(), "|  |", "| |") + "\n"
}
