package machine

import (
	"context"
	"io"
	"io/fs"
)

// ArchiveOf is [Function.Archive] in a binary that carries these files.
func (f Function) ArchiveOf(ctx context.Context, binary fs.FS, folder string, progress io.Writer) (string, error) {
	return f.archive(ctx, binary, folder, progress)
}
