// Package archives holds the functions that a released plugin brings along, so that it
// needs neither Go nor the source where it runs.
package archives

import "embed"

// Embedded are the archives, "<function>-<architecture>.zip". There are none but in a
// released plugin.
//
//go:embed *
var Embedded embed.FS
