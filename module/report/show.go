package report

import (
	"hostnet-module/module/attr"
	"hostnet-module/module/state"
)

// Topology is the running topology for programs.
type Topology struct {
	Links  []Link   `json:"links"` // in the order of their indexes
	Routes []string `json:"routes"`

	Confirm *Confirm `json:"confirm,omitempty"` // a change waits to be confirmed
	Last    *Last    `json:"last,omitempty"`    // what became of the last one that did

	Unsettled []Earlier `json:"unsettled,omitempty"` // runs that did not come to their end, and that nobody is at work on
	Hidden    string    `json:"hidden,omitempty"`    // what only root can see of these
}

// Link is one interface. Attributes are in the words of a document.
type Link struct {
	Name       string         `json:"name"`
	Kind       string         `json:"kind"`
	Index      int            `json:"index"`
	State      string         `json:"state"` // UP, DOWN, NO-CARRIER, LOWER-DOWN, …
	Carrier    bool           `json:"carrier"`
	Speed      int            `json:"speed,omitempty"` // Mbit/s
	Parent     string         `json:"parent,omitempty"`
	Master     string         `json:"master,omitempty"`
	Ports      []string       `json:"ports,omitempty"`
	PermMAC    string         `json:"permanent_mac,omitempty"`
	Path       string         `json:"path,omitempty"`
	Attributes map[string]any `json:"attributes"`
	Port       map[string]any `json:"port,omitempty"` // as a member or port of its master
	Addresses  []string       `json:"addresses"`
}

// Show describes a host.
func Show(h *state.Host, p Pending) Topology {
	t := Topology{Links: []Link{}, Routes: []string{}, Confirm: p.Confirm, Last: p.Last, Unsettled: earlier(p.unsettled), Hidden: p.hidden}
	for _, l := range h.Links {
		out := Link{
			Name: l.Name, Kind: l.KindWord(), Index: l.Index, State: status(l), Carrier: l.Seen.Carrier, Speed: l.Seen.Speed,
			Parent: l.Parent, Master: l.Master, PermMAC: l.Seen.PermMAC, Path: l.Seen.Path,
			Attributes: values(l.Attrs), Port: values(l.Port), Addresses: []string{},
		}
		for _, p := range h.Ports(l.Name) {
			out.Ports = append(out.Ports, p.Name)
		}
		for _, a := range l.Addresses {
			out.Addresses = append(out.Addresses, a.String())
		}
		t.Links = append(t.Links, out)
	}
	for _, r := range h.Routes {
		t.Routes = append(t.Routes, r.String())
	}
	return t
}

func values(s attr.Set) map[string]any {
	out := make(map[string]any, s.Len())
	for r, v := range s.All() {
		out[r.Name] = r.JSON(v)
	}
	return out
}
