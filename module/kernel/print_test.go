package kernel

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"hostnet-module/module/attr"
)

// The printer of messages that tests compare and that helps to find out what went over the socket. Attributes are sorted: their
// order means nothing, and ours is the tables', not iproute2's. The flags NLA_F_NESTED and NLA_F_NET_BYTEORDER are left out: the
// kernel asks for them on none of these (nlmsg_parse_deprecated).

var typeNames = map[uint16]string{
	unix.RTM_NEWLINK: "NEWLINK", unix.RTM_SETLINK: "SETLINK", unix.RTM_DELLINK: "DELLINK", unix.RTM_GETLINK: "GETLINK",
	unix.RTM_NEWADDR: "NEWADDR", unix.RTM_DELADDR: "DELADDR", unix.RTM_NEWROUTE: "NEWROUTE", unix.RTM_DELROUTE: "DELROUTE",
}

// headers are the lengths of the fixed parts.
var headers = map[uint16]int{
	unix.RTM_NEWLINK: unix.SizeofIfInfomsg, unix.RTM_SETLINK: unix.SizeofIfInfomsg, unix.RTM_DELLINK: unix.SizeofIfInfomsg, unix.RTM_GETLINK: unix.SizeofIfInfomsg,
	unix.RTM_NEWADDR: unix.SizeofIfAddrmsg, unix.RTM_DELADDR: unix.SizeofIfAddrmsg,
	unix.RTM_NEWROUTE: unix.SizeofRtMsg, unix.RTM_DELROUTE: unix.SizeofRtMsg,
}

// nests tells which attributes hold attributes: paths of numbers, «*» for any. Bond 8 and 31 are lists of addresses.
var nests = map[uint16][]string{
	unix.RTM_NEWLINK:  {"18", "18.2", "18.5", "18.2.8", "18.2.31", "26", "26.10"},
	unix.RTM_SETLINK:  {"26"},
	unix.RTM_DELLINK:  {"26"},
	unix.RTM_NEWROUTE: {"8"},
	unix.RTM_DELROUTE: {"8"},
}

// print shows a request: type, flags, fixed part, one line for each attribute that holds no others.
func (r request) print() string {
	n := min(headers[r.typ], len(r.payload))
	var lines []string
	lines = r.attributes(lines, "", r.payload[n:])
	return fmt.Sprintf("%s flags %#x header %x\n%s", typeNames[r.typ], r.flags&^unix.NLM_F_REQUEST, r.payload[:n], strings.Join(lines, ""))
}

func (r request) attributes(lines []string, path string, b []byte) []string {
	start := len(lines)
	ok := attr.Walk(b, func(num uint16, p []byte) {
		here := strings.TrimPrefix(fmt.Sprintf("%s.%d", path, num), ".")
		// 8 of a VLAN or a bridge would be another thing than a bond's: it is printed the same on both sides.
		if slices.Contains(nests[r.typ], here) && (len(p) == 0 || attr.Walk(p, func(uint16, []byte) {})) {
			lines = append(lines, fmt.Sprintf("  %s {}\n", here))
			lines = r.attributes(lines, here, p)
			return
		}
		lines = append(lines, fmt.Sprintf("  %s %x %q\n", here, p, p))
	})
	if !ok {
		lines = append(lines, "  malformed\n")
	}
	slices.Sort(lines[start:])
	return lines
}

// split takes a request apart that iproute2 has written, with its struct nlmsghdr.
func split(b []byte) (request, error) {
	if len(b) < unix.SizeofNlMsghdr || int(binary.NativeEndian.Uint32(b)) != len(b) {
		return request{}, fmt.Errorf("no netlink message: %x", b)
	}
	return request{u16(b[4:]), u16(b[6:]), b[unix.SizeofNlMsghdr:]}, nil
}
