package cognito

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// The statuses of users, in the words of the user pools API.
const (
	confirmed           = "CONFIRMED"
	forceChangePassword = "FORCE_CHANGE_PASSWORD" // the password is a temporary one
)

// directory holds the users of a pool, in the order of their creation: the user pools API
// changes them while others sign in.
type directory struct {
	caseSensitive   bool
	aliasAttributes []string

	mu    sync.RWMutex
	users []User
}

func newDirectory(config Config) *directory {
	d := &directory{caseSensitive: config.CaseSensitive, aliasAttributes: config.AliasAttributes}
	for _, user := range config.Users {
		user = user.clone()
		if user.Status == "" {
			user.Status = confirmed
		}
		if user.Created.IsZero() {
			user.Created, user.Modified = config.Now(), config.Now()
		}
		d.users = append(d.users, user)
	}
	return d
}

// clone shares nothing with the user.
func (u User) clone() User {
	u.Attributes, u.Groups = maps.Clone(u.Attributes), slices.Clone(u.Groups)
	if u.Attributes == nil {
		u.Attributes = map[string]string{}
	}
	return u
}

// same compares names as the pool does.
func (d *directory) same(a, b string) bool {
	if d.caseSensitive {
		return a == b
	}
	return strings.EqualFold(a, b)
}

// user returns the one with exactly this username.
func (d *directory) user(username string) (User, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	index := slices.IndexFunc(d.users, func(u User) bool { return u.Username == username })
	if index < 0 {
		return User{}, false
	}
	return d.users[index].clone(), true
}

// find returns the user of a name: the username, or a declared alias.
func (d *directory) find(name string) (User, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	index := d.index(name)
	if index < 0 {
		return User{}, false
	}
	return d.users[index].clone(), true
}

func (d *directory) index(name string) int {
	if index := slices.IndexFunc(d.users, func(u User) bool { return d.same(u.Username, name) }); index >= 0 {
		return index
	}
	return slices.IndexFunc(d.users, func(u User) bool {
		return slices.ContainsFunc(d.aliasAttributes, func(alias string) bool {
			return name != "" && d.same(u.alias(alias), name)
		})
	})
}

// alias is the value of an attribute that the user may sign in with, or empty: an
// address and a number count once they are verified.
func (u User) alias(attribute string) string {
	if attribute != "preferred_username" && u.Attributes[attribute+"_verified"] != "true" {
		return ""
	}
	return u.Attributes[attribute]
}

// all returns every user.
func (d *directory) all() []User {
	d.mu.RLock()
	defer d.mu.RUnlock()
	users := make([]User, len(d.users))
	for i, user := range d.users {
		users[i] = user.clone()
	}
	return users
}

// add adds a user, unless the name or an alias is another's.
func (d *directory) add(user User) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if slices.ContainsFunc(d.users, func(u User) bool { return d.same(u.Username, user.Username) }) {
		return refuse(usernameExists, "User account already exists")
	}
	if err := d.checkAliases(user); err != nil {
		return err
	}
	d.users = append(d.users, user.clone())
	return nil
}

// update changes the user of a name, and returns the changed one. Nothing is changed where
// change fails.
func (d *directory) update(name string, now time.Time, change func(*User) error) (User, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	index := d.index(name)
	if index < 0 {
		return User{}, errNoUser
	}
	user := d.users[index].clone()
	if err := change(&user); err != nil {
		return User{}, err
	}
	if err := d.checkAliases(user); err != nil {
		return User{}, err
	}
	user.Modified = now
	d.users[index] = user
	return user.clone(), nil
}

func (d *directory) remove(name string) (User, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	index := d.index(name)
	if index < 0 {
		return User{}, errNoUser
	}
	user := d.users[index]
	d.users = slices.Delete(d.users, index, index+1)
	return user, nil
}

// checkAliases refuses what another user signs in with.
func (d *directory) checkAliases(user User) error {
	for _, alias := range d.aliasAttributes {
		value := user.alias(alias)
		if value == "" {
			continue
		}
		if slices.ContainsFunc(d.users, func(other User) bool { return other.Sub != user.Sub && d.same(other.alias(alias), value) }) {
			return refuse(aliasExists, "An account with the %s already exists.", alias)
		}
	}
	return nil
}
