package kernel

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
	"hostnet-module/module/state"
)

func TestParseAnswer(t *testing.T) {
	errno := func(n int32) []byte { return binary.NativeEndian.AppendUint32(nil, uint32(-n)) }
	request := func(n uint32) []byte { // struct nlmsghdr of a request of n bytes
		return append(binary.NativeEndian.AppendUint32(nil, n), make([]byte, 12)...)
	}
	said := attr.Append(attr.Append(nil, unix.NLMSGERR_ATTR_MSG, []byte("Device is busy\x00")), unix.NLMSGERR_ATTR_OFFS, []byte{52, 0, 0, 0})
	join := func(parts ...[]byte) (b []byte) {
		for _, p := range parts {
			b = append(b, p...)
		}
		return b
	}
	for _, tc := range []struct {
		name       string
		typ, flags uint16
		data       []byte
		want       *answer
	}{
		{"acknowledged", unix.NLMSG_ERROR, unix.NLM_F_CAPPED, join(errno(0), request(32)), nil},
		{"end of a dump", unix.NLMSG_DONE, 0, errno(0), nil},
		{"end of a dump without a word", unix.NLMSG_DONE, 0, nil, nil},
		{"warning with success", unix.NLMSG_ERROR, unix.NLM_F_CAPPED | unix.NLM_F_ACK_TLVS, join(errno(0), request(32), said), nil},
		{"errno alone", unix.NLMSG_ERROR, unix.NLM_F_CAPPED, join(errno(16), request(32)), &answer{errno: 16}},
		{"text, request cut to its header", unix.NLMSG_ERROR, unix.NLM_F_CAPPED | unix.NLM_F_ACK_TLVS, join(errno(16), request(32), said), &answer{16, "Device is busy", 52}},
		{"text, request echoed", unix.NLMSG_ERROR, unix.NLM_F_ACK_TLVS, join(errno(16), request(32), make([]byte, 16), said), &answer{16, "Device is busy", 52}},
		{"dump refused, with text", unix.NLMSG_DONE, unix.NLM_F_ACK_TLVS, join(errno(22), said), &answer{22, "Device is busy", 52}},
		{"echo longer than the message", unix.NLMSG_ERROR, unix.NLM_F_ACK_TLVS, join(errno(16), request(4000)), &answer{errno: 16}},
	} {
		got := parseAnswer(tc.typ, tc.flags, tc.data)
		if (got == nil) != (tc.want == nil) || got != nil && *got != *tc.want {
			t.Errorf("%s: %+v, want %+v", tc.name, got, tc.want)
		}
	}
}

// TestFraming: the standard library reads requests one behind the other as they were written, whatever their lengths.
func TestFraming(t *testing.T) {
	var b []byte
	for n := range 9 {
		b = request{uint16(16 + n), unix.NLM_F_ACK, bytes.Repeat([]byte{0xa5}, n)}.appendTo(b, uint32(100+n))
	}
	msgs, err := syscall.ParseNetlinkMessage(b)
	if err != nil || len(msgs) != 9 {
		t.Fatal(len(msgs), err)
	}
	for n, m := range msgs {
		want := syscall.NlMsghdr{Len: uint32(16 + n), Type: uint16(16 + n), Flags: unix.NLM_F_REQUEST | unix.NLM_F_ACK, Seq: uint32(100 + n)}
		if m.Header != want || !bytes.Equal(m.Data, bytes.Repeat([]byte{0xa5}, n)) {
			t.Errorf("%+v %x, want %+v", m.Header, m.Data, want)
		}
	}
}

// TestBlame finds the row that an offset means, wherever it points within the attribute.
func TestBlame(t *testing.T) {
	bond := items(kind.Bond.Rows, "mode active-backup miimon 100 resend_igmp 3")
	for _, tc := range []struct {
		step state.Step
		at   string // bytes of the attribute's header
		want string
	}{
		{state.Step{Op: state.LinkAdd, Link: "n0", Kind: "bond", Attrs: bond}, "08000300", "miimon"},
		{state.Step{Op: state.LinkAdd, Link: "n0", Kind: "bond", Attrs: bond}, "08000f00", "resend_igmp"},
		{state.Step{Op: state.LinkSet, Link: "eth0", PortKind: "bridge", Port: items(kind.Bridge.Port, "cost 5")}, "08000300", "cost"},
		{state.Step{Op: state.LinkSet, Link: "eth0", Attrs: items(kind.Common, "mtu 1400")}, "08000400", "mtu"},
		{state.Step{Op: state.LinkSet, Link: "eth0", Master: state.To("br0")}, "08000a00", ""},
	} {
		r, err := encode(tc.step, goldenIndex)
		if err != nil {
			t.Fatal(err)
		}
		header, _ := hex.DecodeString(tc.at)
		at := strings.Index(string(r.payload), string(header))
		if at < 0 {
			t.Fatalf("%s: no %s", tc.step, tc.at)
		}
		for _, offset := range []int{at, at + 4} {
			if got := attributeAt(r, unix.SizeofNlMsghdr+offset, tc.step); got != tc.want {
				t.Errorf("%s: offset %d means %q, want %q", tc.step, offset, got, tc.want)
			}
		}
		for offset := range 300 {
			attributeAt(r, offset, tc.step)
		}
	}
}

func TestRefusal(t *testing.T) {
	step := state.Step{Op: state.LinkDel, Link: "br0"}
	for _, tc := range []struct {
		err  error
		want string
	}{
		{&answer{errno: unix.EBUSY, text: "Bond has ports"}, "ip link del br0: device or resource busy: Bond has ports"},
		{&answer{errno: unix.EBUSY}, "ip link del br0: device or resource busy"},
		{unix.EMSGSIZE, "ip link del br0: message too long"},
		{errors.New("odd"), "ip link del br0: invalid argument: odd"},
	} {
		if got := refusal(step, tc.err); got.Error() != tc.want {
			t.Errorf("%q, want %q", got, tc.want)
		}
	}
	if err := error(refusal(step, &answer{errno: unix.EBUSY})); !errors.Is(err, syscall.EBUSY) {
		t.Error("the errno is not to be found in a refusal")
	}
}

// TestUnknownLink: a step about a link that is not there is refused before anything is sent, wherever the link stands in it.
func TestUnknownLink(t *testing.T) {
	nobody := func(name string) (uint32, error) { return 0, &answer{errno: unix.ENODEV, text: name} }
	for _, s := range []state.Step{
		{Op: state.LinkSet, Link: "x"}, {Op: state.LinkDel, Link: "x"}, {Op: state.LinkAdd, Link: "n", Kind: "vlan", Parent: "x"},
		{Op: state.LinkAdd, Link: "n", Kind: "bridge", Master: state.To("x")}, {Op: state.VLANAdd, Link: "x"},
		{Op: state.LinkAdd, Link: "n", Kind: "bond", Attrs: items(kind.Bond.Rows, "primary x")},
		{Op: state.AddrAdd, Link: "x", Address: goldenIP()[0].Address}, {Op: state.RouteAdd, Route: &state.Route{Dst: goldenIP()[0].Address.Prefix, Dev: "x"}},
	} {
		if _, err := encode(s, nobody); !errors.Is(err, unix.ENODEV) {
			t.Errorf("%s: %v", s, err)
		}
	}
}

// TestSnapshotHere needs neither the lab nor root: it reads the machine that it runs on, and writes nothing.
func TestSnapshotHere(t *testing.T) {
	k, err := Dial()
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	h, err := k.Snapshot(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if lo := h.Link("lo"); lo == nil || !lo.Seen.Loopback || lo.Index != 1 {
		t.Errorf("lo: %+v", lo)
	}
	k.Speeds(h)
	if s := k.Stats(); s.Writes != 0 || s.Dumps < 4 {
		t.Errorf("%+v", s)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := k.Snapshot(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("a snapshot in a context that has ended: %v", err)
	}
	if n, err := k.Do(ended, []state.Step{{Op: state.LinkDel, Link: "no-such-link"}}); n != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("steps in a context that has ended: %d, %v", n, err)
	}
	if ns := k.Namespace(); ns == "" || strings.ContainsAny(ns, "/. ") {
		t.Errorf("namespace %q", ns)
	}
}
