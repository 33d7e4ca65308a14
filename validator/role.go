package validator

import "github.com/smartlake/pulumi-smartlake/smart"

// exports are the operations that start an export. Their answer lists no resource: it
// starts a job that writes the datastore's data to a bucket.
func exports(operation string) bool {
	return operation == "StartFHIRExportJobWithPost" || operation == "StartFHIRExportJobWithGet"
}

// role is the least role that serves an operation with the scopes that are left. The
// name of an operation decides one thing alone: the role that exports is named for
// nothing else, and only for a client whose scopes read and search every resource.
// Whoever may not export gets the role of every other operation, with which
// HealthLake refuses the export.
func (e entitlement) role(config *Config, operation string) string {
	switch {
	case exports(operation) && e.everything.Contains(smart.Read|smart.Search):
		return config.ExportRoleARN
	case e.readOnly:
		return config.ReadRoleARN
	default:
		return config.WriteRoleARN
	}
}
