package local

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/smartlake/pulumi-smartlake/internal/smoke/app"
)

// writeUsers writes who may sign in, with passwords, for those who test the cloud.
func (c *Cloud) writeUsers() error {
	text, err := json.MarshalIndent(c.visitors, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(c.Dir, UsersName), append(text, '\n'), 0o600)
}

// ReadUsers reads who may sign in at a cloud, with passwords, from the folder of the cloud. A
// folder without the file has no users.
func ReadUsers(dir string) ([]app.User, error) {
	content, err := os.ReadFile(filepath.Join(dir, UsersName)) //nolint:gosec // the user names the folder
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var users []app.User
	if json.Unmarshal(content, &users) != nil { // whose error could quote a password
		return nil, fmt.Errorf("%s: must be the list of users that the local cloud wrote", UsersName)
	}
	return users, nil
}
