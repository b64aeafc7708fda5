package flag

import (
	"errors"
	"time"

	"github.com/prometheus/common/model"
)

// durationFlag is a flag that takes a duration as Go writes it, 720h or 1h30m, or in days and weeks, as 30d or 2w.
type Duration time.Duration

// String is the value, for pflag.
func (f *Duration) String() string { return time.Duration(*f).String() }

// Set takes a duration, for pflag.
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

// Type is what help shows for the value.
func (f *Duration) Type() string { return "duration" }
