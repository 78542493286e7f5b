// Package engine carries a document out: observe, plan, apply, verify; keep it, or roll it back by a second plan whose target
// is what was there before. It owns the interface to the kernel and knows neither netlink nor who called.
package engine

import (
	"context"
	"net/netip"

	"hostnet-module/module/guard"
	"hostnet-module/module/plan"
	"hostnet-module/module/spec"
	"hostnet-module/module/state"
)

// Kernel is the network of one host: the real one (room kernel) or a model (tests).
type Kernel interface {
	// Snapshot observes everything. Where other links come and go all the time, those in sure are found for certain, if they are there. The error is
	// state.ErrUnsteady where the kernel gave no whole picture even so.
	Snapshot(ctx context.Context, sure ...string) (*state.Host, error)
	// Look observes some links by their names, those that are there, and all routes and rules.
	Look(ctx context.Context, links []string) (*state.Host, error)
	// Extras finds what links of a host that was just looked at have beside that, and puts it into them: settings and entries of tables which nobody
	// but somebody's hand has made, as deep as is asked for each link.
	Extras(ctx context.Context, h *state.Host, depths map[string]state.Depth) error
	// Do sends the steps in order and stops at the first that is refused. It returns how many were done; the error is then
	// a *state.Refusal about steps[done], unless the context ended.
	Do(ctx context.Context, steps []state.Step) (done int, err error)
	// Drifting notes which of some links of a host have a MAC that nobody has set (state.Seen.Drifts): it takes a file for each, so a
	// Snapshot does without.
	Drifting(h *state.Host, links []string)
	// Missing names the kernel modules, out of those given, that the running kernel neither has nor can load. It changes nothing.
	Missing(modules []string) []string
	// Load loads kernel modules that are not there yet; bonding without a bond0 of its own (max_bonds=0).
	Load(ctx context.Context, modules []string) error
	// Release is the running kernel's, as uname tells it.
	Release() string
	// Has tells whether the running kernel knows an option of a module, which came with a release of Linux and a constant of its
	// headers. It changes nothing.
	Has(module, release, constant string) bool
	// Watch begins to listen for changes of links and addresses. next waits for one since its last call, or since the beginning.
	Watch() (next func(context.Context) error, stop func(), err error)
	// Neighbour asks once, out of a link, who has an address, and waits for the answer until the context ends. source is one of our
	// own; zero: none.
	Neighbour(ctx context.Context, link string, source, target netip.Addr) error
	// Namespace names the network namespace for as long as the machine runs: "4026531840" or the like, fit for a file name.
	Namespace() string
	// Mark sees to it that no later namespace gets this one's name, which may be another from then on: renamed tells.
	Mark() (renamed bool)
	// Home tells whether the namespace is the host's own: that of process 1.
	Home() bool
}

// Outcome is what a run did. Failed is nil if the host is as the document says.
type Outcome struct {
	Plan        *plan.Plan
	Gathered    *state.Host // what is there, if the document asked for that
	Applied     bool        // steps were sent (never in check mode)
	Failed      error
	Recovered   []Recovered    // what an earlier run had left unsettled
	Problems    []spec.Problem // the document does not fit this host; nothing was touched
	RolledBack  bool
	NotRestored []string      // what the rollback could not bring back, in words
	Confirm     *guard.Status // the change waits to be confirmed
	Guardian    Guardian      // with Confirm
	Awaited     []Awaited
	Probes      []Probed
	Warnings    []string // the plan's and the run's
	Waves       []Wave   // what was sent, by sort and in order, and how long it took
}
