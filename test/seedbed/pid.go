package seedbed

// PID returns the process's ID.
func (c *Controller) PID() int { return c.command.Process.Pid }
