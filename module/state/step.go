package state

import (
	"strconv"
	"strings"
	"time"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
)

// Op is what a step asks of the kernel.
type Op uint8

// The operations. Each is one request, printed as one iproute2 line.
const (
	LinkAdd  Op = iota + 1 // RTM_NEWLINK, create
	LinkSet                // RTM_NEWLINK on an existing link
	LinkDel                // RTM_DELLINK
	VLANAdd                // RTM_SETLINK, AF_BRIDGE
	VLANDel                // RTM_DELLINK, AF_BRIDGE
	AddrAdd                // RTM_NEWADDR, replace: adding what is there is no error
	AddrDel                // RTM_DELADDR
	RouteAdd               // RTM_NEWROUTE
	RouteDel               // RTM_DELROUTE
	RuleAdd                // RTM_NEWRULE
	RuleDel                // RTM_DELRULE
	Sysctl                 // settings in files of the link (attr.Proc), which netlink does not carry
	Await                  // nothing is asked: go on when the link has carrier, or after five seconds
	Announce               // gratuitous ARP or unsolicited neighbour advertisement for an address that has moved
	EntryAdd               // an entry that a link had before (Entry)
)

var opWords = [...]string{LinkAdd: "ip link add", LinkSet: "ip link set", LinkDel: "ip link del", VLANAdd: "bridge vlan add", VLANDel: "bridge vlan del",
	AddrAdd: "ip addr replace", AddrDel: "ip addr del", RouteAdd: "ip route add", RouteDel: "ip route del", RuleAdd: "ip rule add", RuleDel: "ip rule del",
	Sysctl: "settings in files", Await: "waits for carrier", Announce: "announcements", EntryAdd: "entries put back"}

// String names the operation as iproute2 does, without what it is about.
func (op Op) String() string { return opWords[op] }

// AwaitMost bounds how long one Await waits: the kernel's link watch acts at most once a second (net/core/link_watch.c), and a
// NIC that was taken down for a moment negotiates with its switch for up to four.
const AwaitMost = 5 * time.Second

// Step is one request to the kernel: one transition of a Host.
type Step struct {
	Op   Op
	Link string // the link that it is about; for routes the empty text

	// LinkAdd
	Kind   string
	Parent string
	Index  int // wanted interface index; 0: the kernel chooses

	// LinkAdd, LinkSet
	Master *string  // new master; pointer to "" takes it out; nil: as it is
	Attrs  attr.Set // common and kind rows
	Port   attr.Set // LinkSet alone, with no data of its own kind: rows of the master's kind, for a port

	PortKind string // the master's kind; with Port

	VLAN    VLAN   // VLANAdd, VLANDel
	LastID  uint16 // of a range that starts with VLAN; 0: VLAN alone
	Self    bool   // the bridge's own entry, not a port's
	Address Address
	Route   *Route
	Rule    *Rule
	Entry   *Entry // EntryAdd
	Replace bool   // RouteAdd: in the place of what holds the route's slot; IPv6 makes one multipath route of two otherwise
}

// To makes the pointer that Step.Master wants.
func To(master string) *string { return &master }

// String prints the step as an iproute2 line that a person could type.
func (s Step) String() string {
	switch s.Op {
	case LinkAdd, LinkSet:
		return s.linkLine()
	case LinkDel:
		return "ip link del " + device(s.Link)
	case VLANAdd, VLANDel:
		return s.vlanLine()
	case AddrAdd:
		return "ip addr replace " + s.Address.String() + " dev " + attr.Word(s.Link)
	case AddrDel:
		return "ip addr del " + s.Address.identity() + " dev " + attr.Word(s.Link)
	case RouteAdd:
		return "ip " + six(!s.Route.Is4()) + "route " + map[bool]string{true: "replace ", false: "append "}[s.Replace] + s.Route.String() + s.Route.ending()
	case RouteDel:
		return "ip " + six(!s.Route.Is4()) + "route del " + s.Route.String()
	case RuleAdd:
		return "ip " + six(s.Rule.Six) + "rule add " + s.Rule.String()
	case RuleDel:
		return "ip " + six(s.Rule.Six) + "rule del " + s.Rule.String()
	case Sysctl:
		return s.sysctlLine()
	case Await:
		return "# wait for the carrier of " + attr.Word(s.Link) + ", at most 5 s"
	case Announce:
		if s.Address.Is4() {
			return "arping -U -c 1 -I " + attr.Word(s.Link) + " " + s.Address.Prefix.Addr().String()
		}
		return "ndsend " + s.Address.Prefix.Addr().String() + " " + attr.Word(s.Link)
	case EntryAdd:
		return s.Entry.Line(s.Link)
	}
	return "?"
}

func (s Step) sysctlLine() string {
	var lines []string
	for r, v := range s.Attrs.All() {
		lines = append(lines, r.Command(s.Link, v))
	}
	return strings.Join(lines, "; ")
}

func six(on bool) string {
	if on {
		return "-6 "
	}
	return ""
}

// linkLine prints «ip link add|set». iproute2 wants what all links have first, then «type KIND» and the kind's words.
func (s Step) linkLine() string {
	var b strings.Builder
	if s.Op == LinkAdd {
		b.WriteString("ip link add ")
		if s.Parent != "" {
			b.WriteString("link " + attr.Word(s.Parent) + " ")
		}
		b.WriteString("name " + attr.Word(s.Link))
		if s.Index != 0 {
			b.WriteString(" index " + strconv.Itoa(s.Index))
		}
	} else {
		b.WriteString("ip link set " + device(s.Link))
	}
	if s.Master != nil {
		if *s.Master == "" {
			b.WriteString(" nomaster")
		} else {
			b.WriteString(" master " + attr.Word(*s.Master))
		}
	}
	kindName := s.Kind
	data := ""
	for r, v := range s.Attrs.All() {
		switch {
		case r == kind.Up:
			b.WriteString(map[bool]string{true: " up", false: " down"}[v.N != 0])
		case r.Place == attr.Data:
			data += " " + words(r, v)
		default:
			b.WriteString(" " + words(r, v))
		}
	}
	if kindName != "" && (s.Op == LinkAdd || data != "") {
		b.WriteString(" type " + kindName + data)
	}
	return b.String() + s.portWords()
}

func (s Step) portWords() string {
	if s.Port.Len() == 0 {
		return ""
	}
	text := " type " + s.PortKind + "_slave"
	for r, v := range s.Port.All() {
		text += " " + words(r, v)
	}
	return text
}

// device names a link where iproute2 would take a name that begins like an option for one.
func device(link string) string {
	if strings.HasPrefix(link, "-") {
		return "dev " + attr.Word(link)
	}
	return attr.Word(link)
}

// words prints one attribute.
func words(r *attr.Row, v attr.Value) string {
	text := r.Text(v)
	if r.Type == attr.Map { // as arguments of their own
		return r.IP() + " " + strings.ReplaceAll(text, ",", " ")
	}
	if r.Digits {
		text = strconv.FormatUint(v.N, 10)
	}
	return r.IP() + " " + attr.Word(text)
}

func (s Step) vlanLine() string {
	text := "bridge vlan " + map[Op]string{VLANAdd: "add", VLANDel: "del"}[s.Op] + " vid " + strconv.Itoa(int(s.VLAN.ID))
	if s.LastID > s.VLAN.ID {
		text += "-" + strconv.Itoa(int(s.LastID))
	}
	text += " dev " + attr.Word(s.Link)
	if s.Op == VLANAdd {
		text += s.VLAN.flags()
	}
	if s.Self {
		text += " self"
	}
	return text
}
