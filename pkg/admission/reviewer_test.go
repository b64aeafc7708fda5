package admission

import (
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
)

// An answer may be remembered for one question only: whatever differs between two makes them two.
func TestSpecKeyTellsQuestionsApart(t *testing.T) {
	type extra = map[string]authenticationv1.ExtraValue
	questions := map[string]struct {
		user       authenticationv1.UserInfo
		attributes authorizationv1.ResourceAttributes
	}{
		"plain":             {authenticationv1.UserInfo{Username: "jane"}, use("web")},
		"user":              {authenticationv1.UserInfo{Username: "jan"}, use("web")},
		"uid":               {authenticationv1.UserInfo{Username: "jane", UID: "1"}, use("web")},
		"a group":           {authenticationv1.UserInfo{Username: "jane", Groups: []string{"a"}}, use("web")},
		"another group":     {authenticationv1.UserInfo{Username: "jane", Groups: []string{"b"}}, use("web")},
		"two groups":        {authenticationv1.UserInfo{Username: "jane", Groups: []string{"a", "b"}}, use("web")},
		"one of both names": {authenticationv1.UserInfo{Username: "jane", Groups: []string{`a","b`}}, use("web")},
		"extra":             {authenticationv1.UserInfo{Username: "jane", Extra: extra{"scope": {"a"}}}, use("web")},
		"extra's value":     {authenticationv1.UserInfo{Username: "jane", Extra: extra{"scope": {"b"}}}, use("web")},
		"extra's key":       {authenticationv1.UserInfo{Username: "jane", Extra: extra{"scopes": {"a"}}}, use("web")},
		"name":              {authenticationv1.UserInfo{Username: "jane"}, use("api")},
		"all names":         {authenticationv1.UserInfo{Username: "jane"}, use("")},
		"verb and resource": {authenticationv1.UserInfo{Username: "jane"}, restore("web")},
		"namespace":         {authenticationv1.UserInfo{Username: "jane"}, list(everything, "foo")},
		"no namespace":      {authenticationv1.UserInfo{Username: "jane"}, list(everything, "")},
	}
	seen := map[[32]byte]string{}
	for name, question := range questions {
		for range 2 {
			key, err := specKey(reviewSpec(question.user, question.attributes))
			if err != nil {
				t.Fatal(err)
			}
			if other, known := seen[key]; known && other != name {
				t.Errorf("%q and %q have one key", name, other)
			}
			seen[key] = name
		}
	}
	if len(seen) != len(questions) {
		t.Errorf("%d keys for %d questions", len(seen), len(questions))
	}
}
