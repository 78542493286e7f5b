package main

// order says what the machine is to do; it travels as orderFile in the overlay.
type order struct {
	Argv      []string `json:"argv"`                 // empty: serve SSH, run nothing
	Dir       string   `json:"dir"`                  // working directory
	Env       []string `json:"env,omitempty"`        // in addition to the machine's own
	Back      []string `json:"back,omitempty"`       // files, and directories ending in a slash, to send back
	NoModules []string `json:"no_modules,omitempty"` // neither loaded nor there
	SSH       bool     `json:"ssh,omitempty"`        // mgmt0 and an SSH server
	Root      string   `json:"root,omitempty"`       // device of an installed system, which takes over; nothing else is done
	Masked    []string `json:"masked,omitempty"`     // units of that system that are not to run
}

// guestHome is root's, in the machine.
const guestHome = "/root"

const orderFile = "/lab/order.json"

// The management network: a corner of a documentation network, so small that it
// wins over a /24 that a test puts on a VLAN.
const (
	mgmtNet   = "203.0.113.240/28"
	mgmtHost  = "203.0.113.241"
	mgmtDNS   = "203.0.113.242"
	mgmtGuest = "203.0.113.254"
	mgmtNIC   = "mgmt0"
)
