//go:build !darwin && !linux

package state

import (
	"io/fs"
	"os"
)

const supported = false

func ownerOf(fs.FileInfo) int { return -1 }

func (directory) lock() (*os.File, error) { return nil, ErrUnsupported }

func (directory) locked() (bool, error) { return false, ErrUnsupported }
