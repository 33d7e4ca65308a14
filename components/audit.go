package components

// AuditArgs says what the logs tell the security office beyond what operation needs.
type AuditArgs struct {
	// Users makes the token validator's log name the user of each decision, by "sub": the
	// identifier that the user pool gave the user. It answers who was granted or refused
	// what, and when; no log of Smartlake says which patient's data was read. With a
	// dashboard, it adds saved queries by user. By default false: the log names no user. The
	// log is then about people: set function.logRetentionDays and function.logKmsKeyArn for
	// such data.
	Users bool `pulumi:"users,optional"`
}

// users reports whether the log names users.
func (a *AuditArgs) users() bool { return a != nil && a.Users }

func (a *AuditArgs) check(p *problems, field string, f *FunctionArgs) {
	if a.users() && !f.logsDecisions() {
		p.add("function.logLevel", string(f.LogLevel), "must be info or debug with "+field+".users; grants are log lines of level info")
	}
}
