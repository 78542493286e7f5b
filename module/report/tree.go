package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"hostnet-module/module/state"
)

// Tree prints the running topology, from the NIC to the guest's port: name, state, and what is to be known about it.
//
//	┌─ eth0              UP      10 Gb/s  active
//	├─ eth1              UP      10 Gb/s
//	bond0                UP      bond active-backup  active eth0  mtu 1500
//	├─ bond0.16          UP      vlan 16
//	│  └─ vlan16         UP      bridge  192.0.2.10/24  default via 192.0.2.1
//	│     └─ vif1.0      UP
func Tree(w io.Writer, h *state.Host, s Style) error {
	t := &tree{host: h, style: s}
	for _, n := range forest(h) {
		t.node(n, "", "", nil)
	}
	if len(t.rows) == 0 {
		_, err := io.WriteString(w, "no links\n")
		return err
	}
	_, err := io.WriteString(w, t.text())
	return err
}

type tree struct {
	host  *state.Host
	style Style
	rows  []row
}

// row is one link: its rails and name, its state, its details, and the rails of the lines that continue it.
type row struct {
	rails, name, rest string
	state             string
	details           []string
}

// node adds a link and what stands on it. The rails are those of its own line and of the lines that follow below it.
func (t *tree) node(n *node, rails, rest string, under *state.Link) {
	l := n.link
	for i, m := range n.above {
		corner, keep := "├─ ", "│  "
		if i == 0 {
			corner = "┌─ "
		}
		t.node(m, rest+corner, rest+keep, l)
	}
	more := rest
	if len(n.below) > 0 {
		more += "│  "
	}
	t.rows = append(t.rows, row{rails: rails, name: clean(l.Name), rest: more, state: status(l), details: t.details(n, under)})
	for i, b := range n.below {
		if i == len(n.below)-1 {
			t.node(b, rest+"└─ ", rest+"   ", l)
		} else {
			t.node(b, rest+"├─ ", rest+"│  ", l)
		}
	}
}

func (t *tree) text() string {
	names, states := 0, 0
	for _, r := range t.rows {
		names, states = max(names, width(r.rails)+width(r.name)), max(states, width(r.state))
	}
	var b strings.Builder
	indent := names + 2 + states + 2
	for _, r := range t.rows {
		for i, line := range t.style.hang(indent, r.details, "  ") {
			head := t.rails(r.rest) + strings.Repeat(" ", max(0, indent-width(r.rest)))
			if i == 0 {
				head = t.rails(r.rails) + t.style.paint(bold, r.name) + strings.Repeat(" ", names+2-width(r.rails)-width(r.name)) +
					t.style.paint(shade(r.state), r.state) + strings.Repeat(" ", states+2-width(r.state))
			}
			b.WriteString(strings.TrimRight(head+line, " ") + "\n")
		}
	}
	return b.String()
}

// rails draws them in ASCII where the terminal cannot do better.
func (t *tree) rails(text string) string {
	if t.style.Plain {
		text = strings.NewReplacer("┌─", ",-", "├─", "|-", "└─", "`-", "│", "|").Replace(text)
	}
	return t.style.paint(dim, text)
}

// status is a link's state in one word.
func status(l *state.Link) string {
	switch {
	case !l.Up():
		return "DOWN"
	case l.Seen.Oper == "LOWERLAYERDOWN":
		return "LOWER-DOWN"
	case !l.Seen.Carrier:
		return "NO-CARRIER"
	case l.Seen.Oper == "" || l.Seen.Oper == "UNKNOWN":
		return "UP"
	}
	return l.Seen.Oper
}

func shade(status string) ink {
	switch status {
	case "UP":
		return green
	case "DOWN":
		return dim
	}
	return red
}

// details are what is to be known about a link; the MTU where it is another than that of the link below.
func (t *tree) details(n *node, under *state.Link) []string {
	l := n.link
	parts := t.what(l)
	if l.Seen.Speed > 0 && l.Kind != "vlan" {
		parts = append(parts, speed(l.Seen.Speed))
	}
	if under != nil && under.Attrs.S("active_slave") == l.Name && l.Master == under.Name {
		parts = append(parts, "active")
	}
	if mtu := l.MTU(); mtu != 0 && (under == nil || mtu != under.MTU()) {
		parts = append(parts, "mtu "+strconv.FormatUint(mtu, 10))
	}
	if n.sharing != "" {
		parts = append(parts, clean(n.sharing))
	}
	for _, a := range l.Addresses {
		if !a.Kernel() {
			parts = append(parts, address(a))
		}
	}
	for _, r := range t.host.Routes {
		if r.Dst.Bits() == 0 && r.Uses(l.Name) {
			parts = append(parts, defaultRoute(r))
		}
	}
	if text := l.Attrs.S("description"); text != "" {
		parts = append(parts, strconv.Quote(text))
	}
	return parts
}

// address is what is told of one here: the rest is a matter of «ip addr».
func address(a state.Address) string {
	if a.Peer.IsValid() {
		return a.Prefix.Addr().String() + " peer " + a.Peer.String()
	}
	return a.Prefix.String()
}

// what a link is, by its kind, with the attributes that tell one from another.
func (t *tree) what(l *state.Link) []string {
	switch l.Kind {
	case "":
		return nil
	case "vlan":
		text := "vlan " + word(l, "id")
		if p := word(l, "protocol"); p != "" && p != "802.1Q" {
			text += " " + p
		}
		return []string{text}
	case "bond":
		parts := []string{strings.TrimSpace("bond " + word(l, "mode"))}
		if active := l.Attrs.S("active_slave"); active != "" {
			parts = append(parts, "active "+clean(active))
		}
		return parts
	case "bridge":
		parts := []string{"bridge"}
		if dumb(l) {
			parts = append(parts, "dumb")
		}
		if word(l, "stp_state") == "on" {
			parts = append(parts, "stp")
		}
		return parts
	}
	return []string{clean(l.Kind)}
}

// dumb tells whether a bridge keeps its frames from the host: it filters VLANs and is itself in none.
func dumb(l *state.Link) bool {
	return l.K().Bridging && l.Attrs.N("vlan_filtering") != 0 && len(l.VLANs) == 0
}

// word is an attribute in iproute2's words; "" if the kernel does not say.
func word(l *state.Link, name string) string {
	for r, v := range l.Attrs.All() {
		if r.Name == name {
			return clean(r.Text(v))
		}
	}
	return ""
}

func speed(mbit int) string {
	if mbit >= 1000 {
		return strconv.FormatFloat(float64(mbit)/1000, 'f', -1, 64) + " Gb/s"
	}
	return fmt.Sprintf("%d Mb/s", mbit)
}

// defaultRoute is the route without its device: that is the line's.
func defaultRoute(r state.Route) string {
	r.Dev = ""
	if !r.Is4() && r.Metric == state.Metric6 {
		r.Metric = 0
	}
	return clean(r.String())
}
