package cognito

import (
	"crypto/rand"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
)

// empty is the answer of an operation that has none.
type empty struct{}

// attribute of a user.
type attribute struct{ Name, Value string }

// oneUser is the request of an operation on a user, who is named by the username or an
// alias.
//
//nolint:revive // AWS's names
type oneUser struct{ UserPoolId, Username string }

// apiTime is how AWS JSON 1.1 writes a time: seconds since 1970, with a fraction.
type apiTime float64

func timeOf(t time.Time) apiTime { return apiTime(float64(t.UnixMilli()) / 1000) }

// apiUser is a user in the answers of the API. Two operations call the attributes
// differently.
type apiUser struct {
	Username             string
	UserAttributes       []attribute `json:",omitempty"` // AdminGetUser
	Attributes           []attribute `json:",omitempty"` // all others
	UserCreateDate       apiTime
	UserLastModifiedDate apiTime
	Enabled              bool
	UserStatus           string
}

func (u User) listed() apiUser {
	return apiUser{
		Username: u.Username, Attributes: u.allAttributes(), Enabled: !u.Disabled, UserStatus: u.Status,
		UserCreateDate: timeOf(u.Created), UserLastModifiedDate: timeOf(u.Modified),
	}
}

// allAttributes are the user's, sub among them, sorted by their names.
func (u User) allAttributes() []attribute {
	all := []attribute{{"sub", u.Sub}}
	for _, name := range slices.Sorted(maps.Keys(u.Attributes)) {
		all = append(all, attribute{name, u.Attributes[name]})
	}
	return all
}

type adminCreateUser struct {
	UserPoolId, Username   string //nolint:revive // AWS's name
	UserAttributes         []attribute
	TemporaryPassword      string
	MessageAction          string
	DesiredDeliveryMediums []string
}

var usernamePattern = regexp.MustCompile(`^[\p{L}\p{M}\p{S}\p{N}\p{P}]{1,128}$`)

// adminCreateUser makes a user with a temporary password. An invitation goes nowhere: the
// local cloud sends no mail.
func (p *Pool) adminCreateUser(r adminCreateUser) (any, error) {
	if r.MessageAction == "RESEND" {
		return p.inviteAgain(r)
	}
	if r.MessageAction != "" && r.MessageAction != "SUPPRESS" {
		return nil, refuse(invalidParameter, "1 validation error detected: Value '%s' at 'messageAction' failed to satisfy constraint: "+
			"Member must satisfy enum value set: [RESEND, SUPPRESS]", r.MessageAction)
	}
	if err := p.checkUsername(r.Username); err != nil {
		return nil, err
	}
	user := User{
		Username: r.Username, Sub: uuid.NewString(), Attributes: map[string]string{}, Status: forceChangePassword,
		Created: p.config.Now(), Modified: p.config.Now(),
	}
	if err := p.setAttributes(&user, r.UserAttributes); err != nil {
		return nil, err
	}
	for _, rule := range p.config.API.Schema {
		if rule.Required && user.Attributes[rule.Name] == "" {
			return nil, refuse(invalidParameter, "Attributes did not conform to the schema: %s: The attribute %s is required", rule.Name, rule.Name)
		}
	}
	if r.MessageAction == "" {
		if err := checkDelivery(r.DesiredDeliveryMediums, user); err != nil {
			return nil, err
		}
	}
	var err error
	if user.Password, err = p.temporaryPassword(r.TemporaryPassword); err != nil {
		return nil, err
	}
	if err := p.directory.add(user); err != nil {
		return nil, err
	}
	return map[string]any{"User": user.listed()}, nil
}

// inviteAgain replaces the temporary password of a user who has not signed in.
func (p *Pool) inviteAgain(r adminCreateUser) (any, error) {
	user, err := p.directory.update(r.Username, p.config.Now(), func(user *User) (err error) {
		if user.Status != forceChangePassword {
			return refuse(unsupportedState, "Resend not possible. User status is not FORCE_CHANGE_PASSWORD")
		}
		if err := checkDelivery(r.DesiredDeliveryMediums, *user); err != nil {
			return err
		}
		user.Password, err = p.temporaryPassword(r.TemporaryPassword)
		return err
	})
	if err != nil {
		return nil, err
	}
	return map[string]any{"User": user.listed()}, nil
}

// checkUsername refuses what the pool's users sign in with besides.
func (p *Pool) checkUsername(name string) error {
	switch {
	case !usernamePattern.MatchString(name):
		return refuse(invalidParameter, "1 validation error detected: Value at 'username' failed to satisfy constraint: "+
			`Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+`)
	case slices.Contains(p.config.AliasAttributes, "email") && isEmail(name):
		return refuse(invalidParameter, "Username cannot be of email format, since user pool is configured for email alias.")
	case slices.Contains(p.config.AliasAttributes, "phone_number") && isPhoneNumber(name):
		return refuse(invalidParameter, "Username cannot be of phone number format, since user pool is configured for phone number alias.")
	}
	return nil
}

var (
	emailPattern = regexp.MustCompile(`^[^@\s]+@[^@\s]+\.[^@\s]+$`)
	phonePattern = regexp.MustCompile(`^\+[0-9]{1,15}$`)
)

func isEmail(text string) bool       { return emailPattern.MatchString(text) }
func isPhoneNumber(text string) bool { return phonePattern.MatchString(text) }

// checkDelivery refuses an invitation that cannot be delivered. The default medium is a
// text message, which no pool of a stack can send.
func checkDelivery(mediums []string, user User) error {
	switch {
	case !slices.Contains(mediums, "EMAIL"):
		return refuse(deliveryFailed, "The user pool cannot send text messages; ask for the delivery medium EMAIL.")
	case user.Attributes["email"] == "":
		return refuse(invalidParameter, "User does not have delivery config set to receive an email")
	}
	return nil
}

func (p *Pool) temporaryPassword(given string) (string, error) {
	if given == "" {
		return "Aa1!" + rand.Text(), nil
	}
	return given, p.checkPassword(given)
}

func (p *Pool) adminGetUser(r oneUser) (any, error) {
	user, ok := p.directory.find(r.Username)
	if !ok {
		return nil, errNoUser
	}
	answer := user.listed()
	answer.UserAttributes, answer.Attributes = answer.Attributes, nil
	return answer, nil
}

type adminUpdateUserAttributes struct {
	UserPoolId, Username string //nolint:revive // AWS's name
	UserAttributes       []attribute
}

func (p *Pool) adminUpdateUserAttributes(r adminUpdateUserAttributes) (any, error) {
	_, err := p.directory.update(r.Username, p.config.Now(), func(user *User) error {
		return p.setAttributes(user, p.withoutUnverified(*user, r.UserAttributes))
	})
	return empty{}, err
}

// withoutUnverified leaves out the attributes whose old value stays until the user verifies
// the new one: those that a request does not say to be verified.
func (p *Pool) withoutUnverified(user User, attributes []attribute) []attribute {
	return slices.DeleteFunc(slices.Clone(attributes), func(a attribute) bool {
		return slices.Contains(p.config.API.VerifiedFirst, a.Name) && user.Attributes[a.Name] != a.Value &&
			!slices.Contains(attributes, attribute{a.Name + "_verified", "true"})
	})
}

type adminDeleteUserAttributes struct {
	UserPoolId, Username string //nolint:revive // AWS's name
	UserAttributeNames   []string
}

func (p *Pool) adminDeleteUserAttributes(r adminDeleteUserAttributes) (any, error) {
	_, err := p.directory.update(r.Username, p.config.Now(), func(user *User) error {
		for _, name := range r.UserAttributeNames {
			rule, known := p.schema(name)
			if !known {
				return noSuchAttribute(name)
			}
			if name == "sub" || rule.Required {
				return refuse(invalidParameter, "Attribute cannot be deleted: %s is required", name)
			}
			delete(user.Attributes, name)
		}
		return nil
	})
	return empty{}, err
}

type adminSetUserPassword struct {
	UserPoolId, Username, Password string //nolint:revive // AWS's name
	Permanent                      bool
}

func (p *Pool) adminSetUserPassword(r adminSetUserPassword) (any, error) {
	if err := p.checkPassword(r.Password); err != nil {
		return nil, err
	}
	_, err := p.directory.update(r.Username, p.config.Now(), func(user *User) error {
		user.Password, user.Status = r.Password, forceChangePassword
		if r.Permanent {
			user.Status = confirmed
		}
		return nil
	})
	return empty{}, err
}

// checkPassword holds a password to the pool's policy.
func (p *Pool) checkPassword(password string) error {
	policy := p.config.API.Passwords
	has := func(is func(rune) bool) bool { return strings.ContainsFunc(password, is) }
	symbol := func(r rune) bool { return strings.ContainsRune("^$*.[]{}()?-\"!@#%&/\\,><':;|_~`+= ", r) }
	for _, rule := range []struct {
		broken  bool
		message string
	}{
		{utf8.RuneCountInString(password) < policy.MinimumLength, "Password not long enough"},
		{policy.RequireLowercase && !has(unicode.IsLower), "Password must have lowercase characters"},
		{policy.RequireUppercase && !has(unicode.IsUpper), "Password must have uppercase characters"},
		{policy.RequireNumbers && !has(unicode.IsDigit), "Password must have numeric characters"},
		{policy.RequireSymbols && !has(symbol), "Password must have symbol characters"},
	} {
		if rule.broken {
			return refuse(invalidPassword, "Password did not conform with policy: %s", rule.message)
		}
	}
	return nil
}

func (p *Pool) adminEnableUser(r oneUser) (any, error) {
	_, err := p.directory.update(r.Username, p.config.Now(), func(user *User) error {
		user.Disabled = false
		return nil
	})
	return empty{}, err
}

// adminDisableUser also ends the user's tokens.
func (p *Pool) adminDisableUser(r oneUser) (any, error) {
	user, err := p.directory.update(r.Username, p.config.Now(), func(user *User) error {
		user.Disabled = true
		return nil
	})
	if err == nil {
		p.endGrants(user.Username)
	}
	return empty{}, err
}

// adminUserGlobalSignOut ends the user's tokens, and leaves the sessions of browsers at the
// sign-in page, as the operation's page says.
func (p *Pool) adminUserGlobalSignOut(r oneUser) (any, error) {
	user, ok := p.directory.find(r.Username)
	if !ok {
		return nil, errNoUser
	}
	p.endGrants(user.Username)
	return empty{}, nil
}

func (p *Pool) adminDeleteUser(r oneUser) (any, error) {
	user, err := p.directory.remove(r.Username)
	if err == nil {
		p.endGrants(user.Username)
		p.sessions.forgetAll(func(s session) bool { return s.username == user.Username })
	}
	return empty{}, err
}

// endGrants forgets what a user's sign-ins gave to clients: refresh tokens and codes, and
// what access tokens are good for at the pool itself. Who verifies access tokens offline
// does not notice.
func (p *Pool) endGrants(username string) {
	now := p.config.Now()
	p.codes.forgetAll(func(c code) bool { return c.username == username })
	for _, ended := range p.refresh.forgetAll(func(g grant) bool { return g.username == username }) {
		p.revoked.set(ended.originJTI, struct{}{}, now, retirement)
	}
}
