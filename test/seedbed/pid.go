package seedbed

// PID is the process's, for what the operating system knows of it.
func (c *Controller) PID() int { return c.command.Process.Pid }
