package smart

// Permissions is a set of the five SMART v2 permissions.
type Permissions uint8

// The permissions of SMART App Launch 2, in the order in which a scope must
// write them: "cruds".
const (
	Create Permissions = 1 << iota
	Read               // read and vread, and history of an instance
	Update             // update and patch
	Delete
	Search // search, and history of a type or the system
)

const (
	readOnly  = Read | Search                            // v1 "read"
	writeOnly = Create | Update | Delete                 // v1 "write"
	all       = Create | Read | Update | Delete | Search // v1 "*"
	letters   = "cruds"                                  // one letter a permission, lowest bit first
)

// Contains reports whether p holds every permission of q.
func (p Permissions) Contains(q Permissions) bool { return p&q == q }

// ReadOnly reports whether p only reads or searches.
func (p Permissions) ReadOnly() bool { return p != 0 && readOnly.Contains(p) }

// String returns the SMART v2 form, such as "rs".
func (p Permissions) String() string {
	text := make([]byte, 0, len(letters))
	for i := range len(letters) {
		if p&(1<<i) != 0 {
			text = append(text, letters[i])
		}
	}
	return string(text)
}

// parsePermissions reads the part of a scope between "." and "?".
func parsePermissions(text string) (p Permissions, version Version, ok bool) {
	switch text {
	case "read":
		return readOnly, V1, true
	case "write":
		return writeOnly, V1, true
	case "*":
		return all, V1, true
	case "":
		return 0, 0, false
	}
	next := 0
	for i := range len(text) {
		for next < len(letters) && letters[next] != text[i] {
			next++
		}
		if next == len(letters) {
			return 0, 0, false
		}
		p |= 1 << next
		next++
	}
	return p, V2, true
}
