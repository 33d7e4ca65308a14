package local

// NotImitated are the inputs that no stand-in reads, as the type and the path.
func NotImitated() []string {
	var paths []string
	for _, s := range notImitated {
		paths = append(paths, s.typ+" "+s.path)
	}
	return paths
}
