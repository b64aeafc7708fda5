package rollout

import (
	"fmt"
	"time"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// meter measures how fast the namespaces of a step are updated. Its rate is that from the first observation of the step to the
// last change, so that it stays as it is while nothing changes.
type meter struct {
	revision string
	step     int32
	first    int32
	begun    time.Time
	latest   int32
	changed  time.Time
}

// observe takes the counts of a status at a time.
func (m *meter) observe(status *v1alpha1.RolloutStatus, now time.Time) {
	if m.begun.IsZero() || m.revision != status.RevisionHash || m.step != status.Step {
		*m = meter{revision: status.RevisionHash, step: status.Step, first: status.Updated, begun: now, latest: status.Updated, changed: now}
		return
	}
	if status.Updated != m.latest {
		m.latest, m.changed = status.Updated, now
	}
}

// format returns the rate and the time left for so many namespaces, each with a comma in front; empty before there is a rate.
func (m *meter) format(left int32) string {
	seconds := m.changed.Sub(m.begun).Seconds()
	if m.latest <= m.first || seconds <= 0 {
		return ""
	}
	rate := float64(m.latest-m.first) / seconds
	text := fmt.Sprintf(", %.0f/s", rate)
	if rate < 1 {
		text = fmt.Sprintf(", %.1f/s", rate)
	}
	if left > 0 {
		text += fmt.Sprintf(", %s left", formatLeft(time.Duration(float64(left)/rate*float64(time.Second))))
	}
	return text
}
