package topo

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"hostnet-module/tests/await"
)

// Capture is a running tcpdump(8).
type Capture struct {
	node *Node
	proc *Process
}

// Frame is one frame as it passed a device.
type Frame struct {
	At       time.Time
	Src, Dst string // hardware addresses
	VLAN     int    // the outermost tag; 0 is untagged
	Type     string // as tcpdump names it: IPv4, ARP, IPv6, LLDP, …
	Text     string // the rest of tcpdump's line
}

// Capture records the frames of a device, both ways, from when it returns. Filter is
// pcap-filter(7); it sees a tagged frame as if untagged, so sort VLANs by Frame.VLAN instead.
func (n *Node) Capture(dev, filter string) *Capture {
	n.t.Helper()
	p := n.start("tcpdump", "-Z", "root", "-n", "-e", "-l", "-tt", "--immediate-mode", "-s", "256", "-i", dev, filter)
	if !await.Until(Long, func() bool { return strings.Contains(p.Output(), "listening on") }) {
		n.t.Fatalf("%s: tcpdump -i %s does not start: %s", n, dev, p.Output())
	}
	return &Capture{n, p}
}

// Stop ends the recording and returns what passed.
func (c *Capture) Stop() []Frame {
	c.node.t.Helper()
	c.drain()
	c.proc.Stop()
	return c.Frames()
}

// counts is what tcpdump says on SIGUSR1. The two differ for good by the frames
// that came before its filter was in place.
var counts = regexp.MustCompile(`\d+ packets? captured, \d+ packets? received by filter`)

// drain waits until tcpdump has printed all that the kernel had for it: until it
// gives the same counts twice.
func (c *Capture) drain() {
	said := func() []string { return counts.FindAllString(c.proc.Output(), -1) }
	last := ""
	if !await.Until(Long, func() bool {
		before := len(said())
		c.proc.Signal(unix.SIGUSR1)
		if !await.Until(time.Second, func() bool { return len(said()) > before }) {
			return false
		}
		all, was := said(), last
		last = all[len(all)-1]
		return last == was
	}) {
		c.node.t.Logf("%s: tcpdump lags behind: %s", c.node, last)
	}
}

// Frames returns what passed so far.
func (c *Capture) Frames() []Frame {
	c.node.t.Helper()
	var frames []Frame
	for line := range strings.Lines(c.proc.Output()) {
		if f, ok := parseFrame(strings.TrimSpace(line)); ok {
			frames = append(frames, f)
		}
	}
	return frames
}

// Await returns the first frame that matches; the test fails if none comes in time.
func (c *Capture) Await(what string, within time.Duration, match func(Frame) bool) Frame {
	c.node.t.Helper()
	var seen Frame
	if !await.Until(within, func() bool {
		frames := c.Frames()
		i := slices.IndexFunc(frames, match)
		if i >= 0 {
			seen = frames[i]
		}
		return i >= 0
	}) {
		c.node.t.Fatalf("%s: %s: not seen within %v\n%s", c.node, what, within, c.proc.Output())
	}
	return seen
}

var frameLine = regexp.MustCompile(`^(\d+)\.(\d{6}) (\S+) > (\S+), (?:ethertype )?(.*)$`)
var vlanTag = regexp.MustCompile(`^802\.1Q.*?: vlan (\d+), p \d+,(?: DEI,)? (?:ethertype )?(.*)$`)

// parseFrame reads a line such as
//
//	1700000000.123456 02:… > 02:…, ethertype 802.1Q (0x8100), length 102: vlan 16, p 0, ethertype IPv4 (0x0800), 192.0.2.10 > …
func parseFrame(line string) (Frame, bool) {
	m := frameLine.FindStringSubmatch(line)
	if m == nil {
		return Frame{}, false
	}
	seconds, _ := strconv.ParseInt(m[1], 10, 64)
	micros, _ := strconv.ParseInt(m[2], 10, 64)
	f := Frame{At: time.Unix(seconds, micros*1000), Src: m[3], Dst: strings.TrimSuffix(m[4], ","), Text: m[5]}
	if tag := vlanTag.FindStringSubmatch(f.Text); tag != nil {
		f.VLAN, _ = strconv.Atoi(tag[1])
		f.Text = tag[2]
	}
	kind, _, _ := strings.Cut(f.Text, " ")
	f.Type = strings.TrimSuffix(kind, ",")
	return f, true
}

func (f Frame) String() string {
	return fmt.Sprintf("%s > %s vlan %d %s", f.Src, f.Dst, f.VLAN, f.Text)
}
