package validator

import "github.com/smartlake/pulumi-smartlake/smart"

// exports are the operations that start an export. Their answer lists no resource: it
// starts a job that writes the datastore's data to a bucket.
func exports(operation string) bool {
	return operation == "StartFHIRExportJobWithPost" || operation == "StartFHIRExportJobWithGet"
}

// Role is one of the three roles that an answer names.
type Role uint8

// The roles, and none where a token is refused.
const (
	NoRole     Role = iota
	ReadRole        // for scopes that only read and search
	WriteRole       // for all others
	ExportRole      // for an export by a client that reads and searches everything
)

// name of a role in the log; empty for none.
func (r Role) name() string {
	switch r {
	case ReadRole:
		return "read"
	case WriteRole:
		return "write"
	case ExportRole:
		return "export"
	default:
		return ""
	}
}

// arn of a role.
func (c *Config) arn(role Role) string {
	switch role {
	case ReadRole:
		return c.ReadRoleARN
	case WriteRole:
		return c.WriteRoleARN
	case ExportRole:
		return c.ExportRoleARN
	default:
		return ""
	}
}

// role is the least role that serves an operation with the scopes that are left. The
// name of an operation decides one thing alone: the role that exports is named for
// nothing else, and only for a client whose scopes read and search every resource.
// Whoever may not export gets the role of every other operation, with which
// HealthLake refuses the export.
func (e entitlement) role(operation string) Role {
	switch {
	case exports(operation) && e.everything.Contains(smart.Read|smart.Search):
		return ExportRole
	case e.readOnly:
		return ReadRole
	default:
		return WriteRole
	}
}
