// Package guard keeps a change that waits for a confirmation: the guardian, a process of its own that undoes the change unless
// somebody keeps it in time, and the calls that reach it. It knows processes, sockets and clocks. What «undo» and «keep» are is
// its owner's business, and the network is none of its own.
package guard

import (
	"encoding/json"
	"fmt"
	"time"
)

// Charge is what a guardian is entrusted with, before the first step.
type Charge struct {
	ID      string          `json:"id"`      // of the run
	Dir     string          `json:"dir"`     // the run-time folder of the network namespace: where it is reached, and leaves its last word
	By      string          `json:"by"`      // who runs, for people: "pid 812: hostnet-module host.yaml"
	Timeout time.Duration   `json:"timeout"` // that a confirmation may take
	Data    json.RawMessage `json:"data"`    // for Duties
}

// Phase is how far the guarded run is.
type Phase string

// The phases.
const (
	Applying Phase = "applying" // steps are being sent, or looked after
	Pending  Phase = "pending"  // a confirmation is awaited
	Undoing  Phase = "undoing"
)

// Status is what can be said of a guarded run.
type Status struct {
	ID        string
	By        string
	Phase     Phase
	Timeout   time.Duration
	Remaining time.Duration // until it is undone; while it is being applied, Timeout
	Deadline  time.Time     // the same by the host's clock; zero while it is being applied
	PID       int           // of the guardian
}

// Outcome is how a guarded run has ended.
type Outcome string

// The outcomes.
const (
	Confirmed Outcome = "confirmed" // kept
	Undone    Outcome = "undone"    // put back
	Failed    Outcome = "failed"    // not all of it could be put back, or not kept
)

// Last is the last word about a guarded run. It lies in the run-time folder, for those who come too late.
type Last struct {
	ID      string    `json:"id"`
	Outcome Outcome   `json:"outcome"`
	Msg     string    `json:"msg"` // why, in one sentence
	At      time.Time `json:"at"`
	By      string    `json:"by"`
	Missing []string  `json:"not_restored,omitempty"` // what could not be put back
}

// Done is what a duty has come to.
type Done struct {
	Missing []string // what could not be put back
	Warning string
	Err     error
}

// Duties are what the guardian does at the end, one or the other, once.
type Duties interface {
	Undo() Done
	Keep(next json.RawMessage) Done // next: what Arm was told
	Extended(left time.Duration)    // there is more time; for those who look
}

// A Request is one call to a guardian.
type Request struct {
	Verb   Verb          `json:"verb"`
	ID     string        `json:"id,omitempty"`     // "" means the run that is there
	Extend time.Duration `json:"extend,omitempty"` // of Extend
	Who    string        `json:"who,omitempty"`
}

// Verb is what is asked.
type Verb string

// The verbs.
const (
	AskStatus   Verb = "status"
	AskConfirm  Verb = "confirm"
	AskExtend   Verb = "extend"
	AskRollback Verb = "rollback"
)

// Reply is the guardian's answer. Other is true where the ID is not that of the guarded run.
type Reply struct {
	Status *Status `json:"status,omitempty"` // the run goes on
	Last   *Last   `json:"last,omitempty"`   // the run has ended
	Other  bool    `json:"other,omitempty"`

	Working bool `json:"working,omitempty"` // no answer yet: what was asked for is on its way
}

// Nobody says that no guardian is there.
type Nobody struct{ Err error }

func (n *Nobody) Error() string { return fmt.Sprintf("no change waits for a confirmation (%v)", n.Err) }
func (n *Nobody) Unwrap() error { return n.Err }
