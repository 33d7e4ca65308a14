package state

// Path of the folder.
func (f *Folder) Path() string { return f.top.Name() }
