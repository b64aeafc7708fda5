package flag

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"
)

// Wait has --wait and --timeout.
type Wait struct {
	Wait    bool
	Timeout time.Duration
}

// defaultTimeout is long enough for the largest backup; a restore takes less than a second.
const defaultTimeout = 5 * time.Minute

// AddTo adds the flags to a command. until completes "wait until …" in their help.
func (w *Wait) AddTo(cmd *cobra.Command, until string) {
	w.AddWithTimeout(cmd, until, defaultTimeout)
}

// AddWithTimeout adds the flags to a command with another default of --timeout.
func (w *Wait) AddWithTimeout(cmd *cobra.Command, until string, timeout time.Duration) {
	cmd.Flags().BoolVarP(&w.Wait, "wait", "w", false, "wait until "+until)
	cmd.Flags().DurationVar(&w.Timeout, "timeout", timeout, "with --wait: stop waiting after this `DURATION`; 0 waits for ever")
}

// Validate returns an error if --timeout is negative.
func (w *Wait) Validate() error {
	if w.Timeout < 0 {
		return fmt.Errorf("--timeout %s is negative: give a duration such as 5m, or 0 to wait for ever", w.Timeout)
	}
	return nil
}
