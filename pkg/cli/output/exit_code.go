package output

import "fmt"

// ExitCode is the error of a command that has printed its result, and ends the tool with another code than 0. Nothing is printed for it.
type ExitCode int

func (c ExitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }
