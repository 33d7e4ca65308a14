// Package hosted signs users in at hosted pages as a browser would: it follows redirects
// with cookies and fills in the form.
package hosted

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
)

// PageError says that the browser shows a page where it was to be sent back to the app.
type PageError struct {
	Status int
	Text   string
}

func (e *PageError) Error() string {
	return fmt.Sprintf("the browser was not sent back to the app; it shows a page with status %d:\n%s", e.Status, e.Text)
}

// Message is what the page tells the user in its first alert; empty for nothing.
func (e *PageError) Message() string {
	found := alert.FindStringSubmatch(e.Text)
	if found == nil {
		return ""
	}
	return html.UnescapeString(found[1])
}

// maxPage bounds what the browser reads of a page, in bytes.
const maxPage = 1 << 20

var (
	formAction = regexp.MustCompile(`<form method="post" action="([^"]*)"`)
	alert      = regexp.MustCompile(`<p[^>]* role="alert">([^<]*)</p>`)
	formToken  = regexp.MustCompile(`name="_csrf" value="([^"]*)"`)
)

// User is one who signs in.
type User struct{ Name, Password string }

// SignIn sends a request from a new browser, follows the redirects with cookies, signs the
// user in at the form that is shown, and returns the address of the app that the browser is
// sent to in the end: one that begins with callback. It may hold a code or an error. The
// error is a [PageError] where the browser is shown another page than the form. The client
// says whom the browser trusts.
func SignIn(client *http.Client, request *http.Request, callback string, user User) (*url.URL, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	browser := *client
	browser.Jar = jar
	browser.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), callback) {
			return http.ErrUseLastResponse
		}
		return nil
	}
	page, err := visit(&browser, request, callback)
	if page.back != nil || err != nil {
		return page.back, err
	}
	action, token := formAction.FindStringSubmatch(page.text), formToken.FindStringSubmatch(page.text)
	if action == nil || token == nil {
		return nil, &PageError{page.status, page.text}
	}
	target, err := page.at.Parse(html.UnescapeString(action[1]))
	if err != nil {
		return nil, err
	}
	form := url.Values{"_csrf": {token[1]}, "username": {user.Name}, "password": {user.Password}}
	sent, err := http.NewRequestWithContext(request.Context(), http.MethodPost, target.String(), strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	sent.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if page, err = visit(&browser, sent, callback); page.back == nil && err == nil {
		return nil, &PageError{page.status, page.text}
	}
	return page.back, err
}

// page is where a browser is: at a page with a text, or about to go back to the app.
type page struct {
	back   *url.URL // of the app; nil at a page
	at     *url.URL
	status int
	text   string
}

// visit sends a request and follows the redirects, to the app at the latest.
func visit(browser *http.Client, request *http.Request, callback string) (page, error) {
	response, err := browser.Do(request) //nolint:gosec // a browser goes where it is sent
	if err != nil {
		return page{}, err
	}
	defer func() { _ = response.Body.Close() }()
	if to, err := response.Location(); err == nil && strings.HasPrefix(to.String(), callback) {
		return page{back: to}, nil
	}
	var text bytes.Buffer
	_, err = io.Copy(&text, io.LimitReader(response.Body, maxPage))
	return page{at: response.Request.URL, status: response.StatusCode, text: text.String()}, err
}
