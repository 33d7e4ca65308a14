package engine_test

import (
	"slices"
	"strings"
	"testing"
)

const (
	etl     = `{"name":"etl","kind":"service","scopes":["system/*.*"]}`
	app     = `{"name":"app","kind":"public","scopes":["openid","profile","launch/patient","patient/*.rs"],"callbackUrls":["http://localhost:3000/callback"],"logoutUrls":["http://localhost:3000"]}`
	another = `{"name":"lab","kind":"service","scopes":["system/Observation.rs"]}`
)

func TestClientsComeChangeAndGoWithoutTouchingTheDatastore(t *testing.T) {
	s := newStack(t, "dev")
	s.mustUpdate(nil)
	datastore := s.account.idOf("smart-datastore")
	for _, change := range []struct{ what, clients string }{
		{"one more", "[" + etl + "," + app + "," + another + "]"},
		{"a scope more", "[" + etl + "," + app + "," + strings.Replace(another, ".rs", ".cruds", 1) + "]"},
		{"one less", "[" + etl + "," + another + "]"},
		{"all others", `[{"name":"new","kind":"service","scopes":["system/Patient.r"]}]`},
	} {
		preview := s.preview(config{"clients": change.clients})
		made := s.mustUpdate(config{"clients": change.clients})
		for _, shown := range []result{preview, made} {
			if slices.ContainsFunc(shown.touched(), func(step string) bool { return strings.HasSuffix(step, "smart-datastore") }) {
				t.Errorf("%s: touches the datastore: %q", change.what, shown.touched())
			}
			if len(shown.touched()) == 0 {
				t.Errorf("%s: want changes", change.what)
			}
		}
		if !slices.ContainsFunc(made.warnings, func(text string) bool { return strings.Contains(text, "discovery document") }) {
			t.Errorf("%s: want a warning about the discovery document, got %q", change.what, made.warnings)
		}
		assertUnchanged(t, change.what+", again", s.preview(config{"clients": change.clients}))
	}
	if s.account.idOf("smart-datastore") != datastore {
		t.Error("another datastore")
	}
}

// settled are the changes of what a datastore keeps for good.
var settled = map[string]config{
	"datastoreName":            {"datastoreName": "another"},
	"encryption":               {"encryption": "customer-managed", "kmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000"},
	"authorizationStrategy":    {"authorizationStrategy": "SMART_ON_FHIR_V1", "clients": "[" + etl + "]"},
	"fineGrainedAuthorization": {"fineGrainedAuthorization": "false"},
}

func TestAChangeThatWouldReplaceTheDatastoreIsRefused(t *testing.T) {
	for property, change := range settled {
		t.Run(property, func(t *testing.T) {
			each(t, func(t *testing.T, s *stack) {
				s.mustUpdate(nil)
				datastore := s.account.idOf("smart-datastore")
				s.account.takeLog()
				for what, refused := range map[string]result{"preview": s.preview(change), "update": s.update(change)} {
					if refused.err == nil || !strings.Contains(refused.messages, "DELETE ALL ITS DATA") ||
						!strings.Contains(refused.messages, property) && !strings.Contains(refused.messages, "kmsKeyArn") {
						t.Errorf("%s: want it refused with the property and the consequence, got %v\n%s", what, refused.err, refused.messages)
					}
				}
				if s.account.idOf("smart-datastore") != datastore || slices.Contains(s.account.takeLog(), "delete smart-datastore") {
					t.Error("the datastore was replaced")
				}
				s.mustUpdate(nil)
				assertUnchanged(t, "with the former value", s.preview(nil))
			})
		})
	}
}

func TestOneArgumentAllowsToReplaceTheDatastore(t *testing.T) {
	for property, change := range settled {
		t.Run(property, func(t *testing.T) {
			s := newStack(t, "dev")
			s.mustUpdate(nil)
			s.account.takeLog()
			change = config{"allowDatastoreReplacement": "true", "datastoreName": change["datastoreName"]}
			for key, value := range settled[property] {
				change[key] = value
			}
			s.mustUpdate(change)
			log := s.account.takeLog()
			gone, back := slices.Index(log, "delete smart-datastore"), slices.Index(log, "create smart-datastore")
			if gone < 0 || back < gone {
				t.Errorf("want the datastore replaced, got %q", log)
			}
			delete(change, "allowDatastoreReplacement")
			assertUnchanged(t, "without the argument", s.preview(change))
		})
	}
}

func TestPreloadedPatientsSayNothingOfALiveDatastore(t *testing.T) {
	each(t, func(t *testing.T, s *stack) {
		s.mustUpdate(nil)
		for _, preload := range []string{"true", "false"} {
			assertUnchanged(t, "preloadSynthea "+preload, s.preview(config{"preloadSynthea": preload}))
		}
	})
}
