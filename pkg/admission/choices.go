package admission

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"

	"seedbed.dev/seedbed/pkg/policy"
)

const (
	// maxChoiceReviews bounds the access reviews that one denial costs beyond its cause.
	maxChoiceReviews = 20
	// maxNamed bounds the names in one message.
	maxNamed = 10
	// choicesWithin bounds the time that helping takes: the denial is what counts.
	choicesWithin = 2 * time.Second
)

// choices are names that a user may choose instead of the one that was asked for.
type choices struct {
	nearest string   // what was probably meant; empty when nothing is near
	names   []string // in order
	more    bool     // there may be others: not every name was reviewed
}

// findChoices looks, among the known names, for those that the user may choose: nothing else may
// be told. When it cannot find out, it finds less.
func findChoices(ctx context.Context, reviewer Reviewer, user authenticationv1.UserInfo,
	permission func(name string) authorizationv1.ResourceAttributes, asked string, known []string,
) choices {
	ctx, cancel := context.WithTimeout(ctx, choicesWithin)
	defer cancel()
	known = slices.Sorted(slices.Values(known))
	found := choices{}
	if every, err := reviewer.Review(ctx, user, permission("")); err == nil && every {
		found.names = known
	} else {
		found.names, found.more = reviewEach(ctx, reviewer, user, permission, nearestFirst(asked, known))
	}
	found.names = without(found.names, asked)
	found.nearest, _ = policy.Nearest(asked, found.names)
	return found
}

func reviewEach(ctx context.Context, reviewer Reviewer, user authenticationv1.UserInfo,
	permission func(name string) authorizationv1.ResourceAttributes, names []string,
) (allowed []string, more bool) {
	for i, name := range names {
		if i == maxChoiceReviews || ctx.Err() != nil {
			more = true
			break
		}
		if may, err := reviewer.Review(ctx, user, permission(name)); err == nil && may {
			allowed = append(allowed, name)
		}
	}
	slices.Sort(allowed)
	return allowed, more
}

// nearestFirst puts what was probably meant where the bound on reviews does not cut it off. The name that
// was asked for keeps its place: how many reviews there are must not tell whether it exists.
func nearestFirst(asked string, names []string) []string {
	nearest, found := policy.Nearest(asked, without(names, asked))
	if !found {
		return names
	}
	return append([]string{nearest}, without(names, nearest)...)
}

func without(names []string, name string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(other string) bool { return other == name })
}

// advice is the end of a denial's sentence.
func (c choices) advice() string {
	if len(c.names) == 0 {
		return ""
	}
	list := enumerate(c.names)
	if c.more && len(c.names) <= maxNamed {
		list += " and perhaps others"
	}
	if c.nearest != "" {
		return fmt.Sprintf("did you mean %q? You may use %s", c.nearest, list)
	}
	return "you may use " + list
}

// enumerate writes names for a sentence, ten at most.
func enumerate(names []string) string {
	if len(names) <= maxNamed {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:maxNamed], ", "), len(names)-maxNamed)
}
