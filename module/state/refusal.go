package state

import (
	"errors"
	"syscall"
)

// ErrUnsteady says that there was no whole picture of the network: it changed each time while it was looked at.
var ErrUnsteady = errors.New("links came and went each time while the kernel told of it")

// Refusal is a step that the kernel refused, or that could not even be sent.
type Refusal struct {
	Step  Step
	Errno syscall.Errno // what the kernel answered; ENODEV also where a step names a link that is not there
	Text  string        // the kernel's own words (extended ack) or ours; may be empty
}

// Error says the step as an iproute2 line, the errno in words, and the kernel's text.
func (e *Refusal) Error() string {
	text := e.Step.String() + ": " + e.Errno.Error()
	if e.Text != "" {
		text += ": " + e.Text
	}
	return text
}

// Unwrap gives the errno, for errors.Is.
func (e *Refusal) Unwrap() error { return e.Errno }
