package flag

import (
	"errors"
	"time"

	"github.com/prometheus/common/model"
)

// Duration is a flag for a duration in Go's format, 720h or 1h30m, or in days and weeks, 30d or 2w.
type Duration time.Duration

// String returns the value, for pflag.
func (f *Duration) String() string { return time.Duration(*f).String() }

// Set parses a duration, for pflag.
func (f *Duration) Set(typed string) error {
	if parsed, err := time.ParseDuration(typed); err == nil {
		*f = Duration(parsed)
		return nil
	}
	parsed, err := model.ParseDuration(typed)
	if err != nil {
		return errors.New("give a duration such as 30d, 2w or 12h30m")
	}
	*f = Duration(parsed)
	return nil
}

// Type returns the type that help shows.
func (f *Duration) Type() string { return "duration" }
