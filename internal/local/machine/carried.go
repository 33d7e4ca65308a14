//go:build carried

package machine

import "embed"

// carried are the archives that ./generate wrote for the platform of the build.
//
//go:embed front-door.zip launch-context.zip validator.zip
var carried embed.FS
