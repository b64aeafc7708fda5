package fleet

import (
	"github.com/spf13/cobra"

	"seedbed.dev/seedbed/pkg/policy"
)

// stateFilter has a flag for each state. Without any, all states match.
type stateFilter struct {
	updated, outdated, failed, kept, drifted, pending, released bool
}

func (s *stateFilter) addTo(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&s.updated, "updated", false, "those that hold the present content")
	flags.BoolVar(&s.outdated, "outdated", false, "those that hold other content")
	flags.BoolVar(&s.failed, "failed", false, "those whose restore or update is incomplete")
	flags.BoolVar(&s.kept, "kept", false, "updated and outdated ones that kept an object of theirs")
	flags.BoolVar(&s.drifted, "drifted", false, "those with an object that was changed or deleted since and not put back")
	flags.BoolVar(&s.pending, "pending", false, "those that do not hold it yet")
	flags.BoolVar(&s.released, "released", false, "those that hold it and would not get it today")
}

// matches reports whether a holding is in one of the states of the flags.
func (s *stateFilter) matches(holding *policy.Holding) bool {
	if *s == (stateFilter{}) || s.kept && holding.Kept || s.drifted && holding.Drifted {
		return true
	}
	switch holding.State {
	case policy.HoldingUpdated:
		return s.updated
	case policy.HoldingOutdated:
		return s.outdated
	case policy.HoldingFailed:
		return s.failed
	case policy.HoldingPending:
		return s.pending
	default:
		return s.released
	}
}
