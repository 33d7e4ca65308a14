//go:build !carried

package machine

import "embed"

// carried is empty but in a release.
var carried embed.FS
