package healthlake

import "net/http"

// shareWithOrigins lets apps in a browser use a lenient datastore (Fetch Standard, "CORS
// protocol"), and reports whether the request was a preflight, which is answered.
// SMART App Launch asks this of a server for browser apps; AWS documents nothing of the
// kind for HealthLake. Any origin may ask, since nothing is granted without a bearer token
// and no cookies are looked at.
func shareWithOrigins(w http.ResponseWriter, r *http.Request) (preflight bool) {
	if r.Header.Get("Origin") == "" {
		return false
	}
	header := w.Header()
	header.Set("Access-Control-Allow-Origin", "*")
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		header.Set("Access-Control-Expose-Headers", "ETag, Last-Modified, Location, Retry-After, WWW-Authenticate")
		return false
	}
	header.Set("Access-Control-Allow-Methods", "GET, POST, PUT, DELETE")
	header.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, If-Match, If-None-Match, X-Amz-Fhir-Idempotency-Key")
	header.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
	return true
}
