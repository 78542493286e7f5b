package spec

import (
	"net/netip"
	"strconv"
	"strings"
)

// Probe is one thing that must answer after the change; else the change is undone.
type Probe struct {
	Kind   ProbeKind
	IP     netip.Addr // ping
	Host   string     // tcp: an address or a name
	Port   uint16     // tcp: 1–65535
	Name   string     // dns: what is asked for
	Server netip.Addr // dns: who is asked; zero: the servers of /etc/resolv.conf
	Path   string     // where it stands
}

// ProbeKind says how a probe asks.
type ProbeKind string

// The kinds of probes.
const (
	ProbeGateway ProbeKind = "gateway" // ARP or neighbour discovery, for every gateway that the document declares
	ProbePing    ProbeKind = "ping"    // an ICMP echo is answered
	ProbeTCP     ProbeKind = "tcp"     // a connection is taken
	ProbeDNS     ProbeKind = "dns"     // a name server answers
)

// Seconds: the usual time that probes have, and the longest times that can be asked for.
const (
	UsualProbeTimeout  = 10
	MostProbeTimeout   = 600
	MostConfirmTimeout = 86400
)

// Target is what is probed, as the document says it: "192.0.2.1", "mirror.example:443", "example.org at 192.0.2.53".
func (p Probe) Target() string {
	switch p.Kind {
	case ProbePing:
		return p.IP.String()
	case ProbeTCP:
		return endpoint(p.Host, p.Port)
	case ProbeDNS:
		if p.Server.IsValid() {
			return p.Name + " at " + p.Server.String()
		}
		return p.Name
	}
	return ""
}

func endpoint(host string, port uint16) string {
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return host + ":" + strconv.Itoa(int(port))
}

// ProbeTime is how many seconds all probes together have.
func (d *Document) ProbeTime() uint {
	if d.ProbeTimeout > 0 {
		return d.ProbeTimeout
	}
	return UsualProbeTimeout
}

// Patterns of what probes are told.
const (
	hostPattern     = `[0-9A-Za-z_]([0-9A-Za-z_.-]*[0-9A-Za-z_.])?`
	endpointPattern = `(` + hostPattern + `|\[` + ip6Pattern + `\]):[1-9][0-9]{0,4}`
	longestName     = 253 // RFC 1035, 2.3.4, as text
)

var probeItem = listItem{form: anyOf(patterned(whole(anyCase([]string{string(ProbeGateway)}))), ref("probe"), ref("objectText")),
	words: anyCase([]string{string(ProbeGateway)})}

func endpointForm() Tree { return anyOf(patterned(whole(endpointPattern)), ref("notGiven")) }

func hostForm() Tree { return anyOf(patterned(whole(hostPattern)), ref("notGiven")) }

// probeText is a probe while it is read.
type probeText struct {
	Probe
	kinds []string
}

func (to *probeText) kind(k ProbeKind) {
	to.Kind = k
	to.kinds = append(to.kinds, string(k))
}

var probeFields = []field[probeText]{
	{string(ProbePing), "an address that must answer an ICMP echo request", ipForm, func(w *walker, to *probeText, p place) {
		if p.node.missing() {
			return
		}
		to.kind(ProbePing)
		var ok bool
		if to.IP, ok = w.ip(p); ok && (to.IP.IsUnspecified() || to.IP.IsMulticast()) {
			w.fault(p, ErrValue, "", "must be the address of one host")
		}
	}},
	{string(ProbeTCP), "HOST:PORT that must take a connection", endpointForm, func(w *walker, to *probeText, p place) {
		if text, ok := w.word(p); ok {
			to.kind(ProbeTCP)
			if to.Host, to.Port, ok = splitEndpoint(text); !ok {
				w.fault(p, ErrValue, "", "must be HOST:PORT like 192.0.2.1:22, [2001:db8::1]:22 or mirror.example:443")
			}
		}
	}},
	{string(ProbeDNS), "a name that a name server must answer for", hostForm, func(w *walker, to *probeText, p place) {
		if text, ok := w.word(p); ok {
			to.kind(ProbeDNS)
			if to.Name = text; !hostName(text) {
				w.fault(p, ErrValue, "", "must be a name like example.org")
			}
		}
	}},
	{"server", "the address of the name server for dns; those of /etc/resolv.conf where nothing is said", ipForm, func(w *walker, to *probeText, p place) {
		if !p.node.missing() {
			to.Server, _ = w.ip(p)
		}
	}},
}

// splitEndpoint takes HOST:PORT apart.
func splitEndpoint(text string) (host string, port uint16, ok bool) {
	if ap, err := netip.ParseAddrPort(text); err == nil {
		return ap.Addr().String(), ap.Port(), ap.Port() > 0
	}
	host, digits, _ := strings.Cut(text, ":")
	n, err := strconv.ParseUint(digits, 10, 16)
	return host, uint16(n), err == nil && n > 0 && digits[0] != '0' && digits[0] != '+' && hostName(host)
}

// hostName tells whether a text could be a host's name in DNS (RFC 1123, with the underscore that is met in the wild).
func hostName(text string) bool {
	if text == "" || len(text) > longestName {
		return false
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(text, "."), ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, c := range []byte(label) {
			if c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
				return false
			}
		}
	}
	return true
}

// readProbe reads one entry of `probes`: "gateway", or an object.
func readProbe(w *walker, p place) (Probe, bool) {
	to := &probeText{Probe: Probe{Path: p.path()}}
	before := len(w.problems)
	const what = "gateway, {ping: ADDRESS}, {tcp: HOST:PORT} or {dns: NAME}"
	if n := p.node; n.shape != objectShape && !(n.shape == textShape && startsWith(n.text, '{')) {
		word, ok := w.word(p)
		if to.Kind = ProbeKind(strings.ToLower(word)); len(w.problems) == before && (!ok || to.Kind != ProbeGateway) {
			w.fault(p, ErrValue, "", "must be one of %s", what)
		}
		return to.Probe, len(w.problems) == before
	}
	if !readFields(w, p, to, what, probeFields) || len(w.problems) > before {
		return to.Probe, false
	}
	switch {
	case len(to.kinds) == 0:
		w.add(p, ErrMissing, "", "says nothing to probe: "+what)
	case len(to.kinds) > 1:
		w.add(p, ErrConflict, "write one entry for each", "is more than one probe: "+strings.Join(to.kinds, ", "))
	case to.Server.IsValid() && to.Kind != ProbeDNS:
		w.add(p, ErrConflict, "leave it out", "server is for dns alone")
	}
	return to.Probe, len(w.problems) == before
}

// checkProbes checks the probes of a document.
func checkProbes(c *checker) {
	seen, gateway := make(map[string]string), len(c.faulty) > 0 || c.anyGateway()
	for _, p := range c.doc.Probes {
		text := string(p.Kind) + " " + strings.ToLower(p.Target())
		if was := seen[text]; was != "" {
			c.fault(p.Path, ErrDuplicate, "", "is the same probe as %s", was)
		}
		seen[text] = p.Path
		if p.Kind == ProbeGateway && !gateway {
			c.fault(p.Path, ErrMissing, "give an object a gateway, or probe by {ping: ADDRESS}", "no object of the document has a gateway")
		}
	}
	if c.doc.ProbeTimeout > 0 && len(c.doc.Probes) == 0 {
		c.warn("probe_timeout", "probes: [gateway]", "means nothing without probes")
	}
}

func (c *checker) anyGateway() bool {
	for _, o := range c.doc.Objects {
		if !o.Absent && len(o.Gateways) > 0 {
			return true
		}
	}
	return false
}

// encodeGuard writes what shall happen after the change.
func encodeGuard(t *Tree, d *Document) {
	if d.ConfirmTimeout > 0 {
		t.put("confirm_timeout", uint64(d.ConfirmTimeout))
	}
	if len(d.Probes) > 0 {
		t.put("probes", each(d.Probes, encodeProbe))
	}
	if d.ProbeTimeout > 0 {
		t.put("probe_timeout", uint64(d.ProbeTimeout))
	}
}

func encodeProbe(p Probe) any {
	switch p.Kind {
	case ProbeGateway:
		return string(ProbeGateway)
	case ProbeDNS:
		t := Tree{{string(ProbeDNS), p.Name}}
		if p.Server.IsValid() {
			t.put("server", p.Server.String())
		}
		return t
	}
	return Tree{{string(p.Kind), p.Target()}}
}
