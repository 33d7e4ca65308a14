package cognito

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	sessionCookie   = "cognito"
	formCookie      = "XSRF-TOKEN"
	sessionLifetime = time.Hour
	maxFormBytes    = 16 << 10
)

// session is a user who is signed in at the hosted domain, for every client.
type session struct {
	username string
	signedIn time.Time
}

func (p *Pool) session(r *http.Request) (session, bool) {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return session{}, false
	}
	return p.sessions.get(cookie.Value, p.config.Now())
}

func (p *Pool) endSession(w http.ResponseWriter, r *http.Request) {
	if cookie, err := r.Cookie(sessionCookie); err == nil {
		p.sessions.forget(cookie.Value)
	}
	setCookie(w, sessionCookie, "", -1)
}

func setCookie(w http.ResponseWriter, name, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: maxAge, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// Offer of the sign-in page: a user who signs in at a click as long as the password is this one.
type Offer struct {
	Username, Password string
	Says               string // who the user is, for people to read
}

// credentials are those that were typed in, or those of the offer that was taken.
func (p *Pool) credentials(form url.Values) (name, password string) {
	taken := form.Get("offered")
	i := slices.IndexFunc(p.config.Offered, func(o Offer) bool { return o.Username == taken })
	if taken == "" || i < 0 {
		return strings.TrimSpace(form.Get("username")), form.Get("password")
	}
	return p.config.Offered[i].Username, p.config.Offered[i].Password
}

// page is what the templates show.
type page struct {
	Style, Message, Username, FormToken string
	Action                              string
	Offered                             []Offer
}

const pageHead = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Local user pool</title>
<style nonce="{{.Style}}">
:root { color-scheme: light dark; --paper: #fff; --ink: #17212b; --quiet: #4a5663; --line: #6b7885; --bad: #a4161a; --link: #0a4f9e; --on-link: #fff; --focus: #b45309; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #11181f; --ink: #e6ebf0; --quiet: #aab6c2; --line: #7d8b99; --bad: #ff9b9b; --link: #8fc1ff; --on-link: #0c1620; --focus: #ffc266; }
}
body { font: 16px/1.5 system-ui, sans-serif; max-width: 22rem; margin: 2rem auto; padding: 0 1rem; color: var(--ink); background: var(--paper); }
h2 { font-size: 1.1rem; margin: 2rem 0 0; }
label, input, button { display: block; width: 100%; box-sizing: border-box; }
input, button { font: inherit; padding: .5rem; margin-bottom: 1rem; border: 1px solid var(--line); border-radius: .3rem; color: var(--ink); background: var(--paper); }
button { color: var(--on-link); background: var(--link); border-color: var(--link); cursor: pointer; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
.error { color: var(--bad); }
.offer button { margin: .75rem 0 0; color: var(--link); background: var(--paper); }
.quiet { margin: .15rem 0; color: var(--quiet); font-size: .9rem; overflow-wrap: anywhere; }
</style>
</head>
<body>
<main>
`

const pageEnd = `</main>
</body>
</html>
`

// loginPage has the form first, and after it a form for each user who signs in at a click: with
// fields and words of their own, so that a script that fills in the first one finds it as
// before.
var loginPage = template.Must(template.New("login").Parse(pageHead + `<h1>Sign in</h1>
{{if .Message}}<p class="error" role="alert">{{.Message}}</p>{{end}}
<form method="post" action="{{.Action}}" autocomplete="off">
<input type="hidden" name="_csrf" value="{{.FormToken}}">
<label for="username">Username</label>
<input id="username" name="username" value="{{.Username}}" autocomplete="off" autocapitalize="none" required autofocus>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="off" required>
<button type="submit">Sign in</button>
</form>
{{if .Offered}}<section aria-labelledby="offered">
<h2 id="offered">Users of the local cloud</h2>
<p class="quiet">They are made up.</p>
{{range .Offered}}<form class="offer" method="post" action="{{$.Action}}">
<input type="hidden" name="_csrf" value="{{$.FormToken}}">
<button name="offered" value="{{.Username}}">Continue as {{.Username}}</button>
{{with .Says}}<p class="quiet">{{.}}</p>
{{end}}</form>
{{end}}</section>
{{end}}` + pageEnd))

var errorPage = template.Must(template.New("error").Parse(pageHead + `<h1>An error was encountered with the requested page.</h1>
<p class="error">{{.Message}}</p>
` + pageEnd))

// show writes a page that runs no script, sits in no frame and sends its form to
// this server alone. A browser holds the redirect after the form against formTargets
// too, so the client's origin is among them.
func show(w http.ResponseWriter, status int, t *template.Template, content page, formTargets string) {
	content.Style = rand.Text()
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'nonce-"+content.Style+
		"'; form-action "+formTargets+"; base-uri 'none'; frame-ancestors 'none'")
	header.Set("X-Frame-Options", "DENY")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = t.Execute(w, content) // the client went away: nobody to tell
}

func showError(w http.ResponseWriter, status int, message string) {
	show(w, status, errorPage, page{Message: message}, "'none'")
}

// showLogin writes the form, with a token that only the holder of the cookie can
// send back.
func (p *Pool) showLogin(w http.ResponseWriter, r *http.Request, a authorization, status int, message, username string) {
	secret := rand.Text()
	if cookie, err := r.Cookie(formCookie); err == nil && cookie.Value != "" {
		secret = cookie.Value // another form of this browser may be open
	}
	setCookie(w, formCookie, secret, 0)
	show(w, status, loginPage, page{
		Message:   message,
		Username:  username,
		FormToken: p.formToken(secret),
		Action:    "/login?" + r.URL.RawQuery,
		Offered:   p.config.Offered,
	}, "'self' "+cspSource(a.redirectURI))
}

// formToken cannot be made by somebody who plants a cookie.
func (p *Pool) formToken(secret string) string {
	mac := hmac.New(sha256.New, p.formKey)
	mac.Write([]byte(secret))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// cspSource is the origin of a callback URL, or the scheme of an app's own.
func cspSource(callback string) string {
	u, err := url.Parse(callback)
	if err != nil {
		return ""
	}
	if u.Scheme == "https" || u.Scheme == "http" {
		return u.Scheme + "://" + u.Host
	}
	return u.Scheme + ":"
}

func (p *Pool) serveLogin(w http.ResponseWriter, r *http.Request) {
	a, err := p.readAuthorization(r)
	if err != nil {
		a.refuse(w, err)
		return
	}
	p.showLogin(w, r, a, http.StatusOK, "", "")
}

// fromItsOwnPages refuses what a browser sends for a page of another origin. The form's token
// alone does not do so at loopback: a server at another port of the host can set the cookie that
// the token is made from, and ask for that token itself.
func fromItsOwnPages(serve http.HandlerFunc) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		showError(w, http.StatusForbidden, notOfThisPage)
	}))
	return protection.Handler(serve)
}

const notOfThisPage = "The form is not of this page. Go back to the app and start again."

// serveSignIn takes the form. One message for every wrong name and password tells
// nobody which users there are.
func (p *Pool) serveSignIn(w http.ResponseWriter, r *http.Request) {
	a, err := p.readAuthorization(r)
	if err != nil {
		a.refuse(w, err)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxFormBytes)
	if err := r.ParseForm(); err != nil {
		showError(w, http.StatusBadRequest, "The form is malformed.")
		return
	}
	cookie, err := r.Cookie(formCookie)
	if err != nil || cookie.Value == "" || !equal(p.formToken(cookie.Value), r.PostForm.Get("_csrf")) {
		showError(w, http.StatusForbidden, notOfThisPage)
		return
	}
	name, password := p.credentials(r.PostForm)
	user, ok := p.directory.find(name)
	if !equal(user.Password, password) || !ok {
		p.showLogin(w, r, a, http.StatusBadRequest, "Incorrect username or password.", name)
		return
	}
	if message := user.keptOut(); message != "" {
		p.showLogin(w, r, a, http.StatusBadRequest, message, name)
		return
	}
	if old, err := r.Cookie(sessionCookie); err == nil {
		p.sessions.forget(old.Value)
	}
	now := p.config.Now()
	signedIn := session{user.Username, now}
	setCookie(w, sessionCookie, p.sessions.add(signedIn, now, sessionLifetime), int(sessionLifetime.Seconds()))
	p.grantCode(w, r, a, signedIn)
}

// keptOut says why somebody with the right password does not sign in; empty for those who
// do.
func (u User) keptOut() string {
	switch {
	case u.Disabled:
		return "User is disabled."
	case u.Status != confirmed:
		return "The local user pool has no page to change a temporary password. An administrator can set a permanent one."
	}
	return ""
}

// equal compares secrets in a time that tells nothing of either, nor their lengths.
func equal(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}
