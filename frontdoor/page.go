package frontdoor

import (
	"html"
	"io"
	"net/http"
)

// errorPage tells a user what is wrong with an authorization request that cannot be
// answered by sending the user back: nothing says that the address is the app's. It has
// one text of ours between its halves, and nothing of the request, so that nobody can
// make this server say something. (html/template would make the function's binary a
// third larger, and every cold start slower.)
const (
	errorPageStart = `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Sign-in failed</title></head>
<body>
<h1>This app could not start the sign-in</h1>
<p>`
	errorPageEnd = `</p>
<p>Go back to the app and start again. If it fails again, tell the people who make the app.</p>
</body>
</html>
`
)

// showErrorPage answers with the page. The policy lets it load nothing, run nothing and
// stand in no frame.
func showErrorPage(w http.ResponseWriter, r *http.Request, status int, message string) {
	recordOf(r.Context()).refusal = invalidRequest
	header := w.Header()
	neverKept(w)
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	header.Set("X-Frame-Options", "DENY")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer") // the address may hold what is the app's alone
	w.WriteHeader(status)
	_, _ = io.WriteString(w, errorPageStart+html.EscapeString(message)+errorPageEnd) // the browser went away: nobody to tell
}
