package state_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"strconv"
	"testing"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
	"hostnet-module/module/state"
)

// roundTrip is what comes back of a value that was saved; it must be the same, to the bit.
func roundTrip[T any](t *testing.T, v T) {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var back T
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if !reflect.DeepEqual(v, back) {
		t.Errorf("saved\n%+v\nread\n%+v\nas %s", v, back, text)
	}
}

// steps are written as a journal holds them.
type steps []state.Step

func (s steps) MarshalJSON() ([]byte, error) {
	var text bytes.Buffer
	w := bufio.NewWriterSize(&text, 16) // no text fits
	err := errors.Join(state.WriteSteps(w, s), w.Flush())
	return text.Bytes(), err
}

// FuzzSave: random hosts and steps, with texts of any bytes, come back as they were.
func FuzzSave(f *testing.F) {
	f.Add(uint64(1), "eth0", "a \xff name \x00")
	f.Add(uint64(2), "\x00", "\x0041")
	f.Fuzz(func(t *testing.T, seed uint64, name, text string) {
		rnd := rand.New(rand.NewPCG(seed, 4))
		roundTrip(t, randomHost(rnd, name, text))
		roundTrip(t, &state.Host{})
		var steps steps
		for op := state.LinkAdd; op <= state.Announce; op++ {
			steps = append(steps, randomStep(rnd, op, name, text))
			roundTrip(t, steps[len(steps)-1])
		}
		roundTrip(t, steps)
	})
}

// TestSaveGarbage: what is written for a run of thousands of links and steps leaves nothing behind for each.
func TestSaveGarbage(t *testing.T) {
	h, steps := &state.Host{}, []state.Step{}
	for i := range 1000 {
		l := &state.Link{Name: "vlan" + strconv.Itoa(i), Index: i + 1, Kind: "bridge", Seen: state.Seen{MinMTU: 68, MaxMTU: 65535, Oper: "UP"}, VLANs: []state.VLAN{{ID: 1, PVID: true}}}
		for _, r := range l.K().Rows {
			l.Attrs.Put(r, attr.Num(1))
		}
		h.Links = append(h.Links, l)
		steps = append(steps, state.Step{Op: state.LinkAdd, Link: l.Name, Kind: l.Kind, Index: l.Index, Attrs: l.Attrs}, state.Step{Op: state.LinkDel, Link: l.Name})
	}
	w := bufio.NewWriterSize(io.Discard, 1<<16)
	if n := testing.AllocsPerRun(3, func() {
		if err := errors.Join(h.WriteText(w), state.WriteSteps(w, steps)); err != nil {
			t.Fatal(err)
		}
	}); n > 100 {
		t.Errorf("%v allocations for 1,000 links and 2,000 steps", n)
	}
}

// FuzzSaved reads anything, and does not fall over.
func FuzzSaved(f *testing.F) {
	rnd := rand.New(rand.NewPCG(1, 4))
	for op := state.LinkAdd; op <= state.Announce; op++ {
		text, err := json.Marshal(randomStep(rnd, op, "eth0", "text"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var s state.Step
		if json.Unmarshal(data, &s) == nil {
			_ = s.String()
		}
		var h state.Host
		_ = json.Unmarshal(data, &h)
	})
}

func randomHost(rnd *rand.Rand, name, text string) *state.Host {
	h := &state.Host{}
	for range rnd.IntN(4) {
		k := kind.List()[rnd.IntN(len(kind.List()))]
		master := kind.List()[rnd.IntN(len(kind.List()))]
		l := &state.Link{Name: name, Index: rnd.IntN(1 << 30), Kind: k.Name, Parent: pick(rnd, "", text), Master: pick(rnd, "", text),
			Attrs: randomSet(rnd, text, append(kind.Common[:len(kind.Common):len(kind.Common)], k.Rows...)), Port: randomSet(rnd, text, master.Port),
			Seen: state.Seen{Hardware: rnd.IntN(2) == 0, PermMAC: "00:16:3e:00:00:01", MaxMTU: rnd.Uint32(), Oper: "UP", Parent: rnd.IntN(9)}}
		for range rnd.IntN(3) {
			l.Addresses = append(l.Addresses, randomAddress(rnd, text))
		}
		if rnd.IntN(2) == 0 {
			l.VLANs = []state.VLAN{}
		}
		for range rnd.IntN(3) {
			l.VLANs = append(l.VLANs, state.VLAN{ID: uint16(rnd.IntN(4095)), PVID: rnd.IntN(2) == 0, Untagged: true})
		}
		h.Links = append(h.Links, l)
	}
	for range rnd.IntN(3) {
		h.Routes = append(h.Routes, randomRoute(rnd, text))
		h.Rules = append(h.Rules, randomRule(rnd, text))
	}
	return h
}

func randomStep(rnd *rand.Rand, op state.Op, name, text string) state.Step {
	s := state.Step{Op: op, Link: name, Parent: text, Replace: rnd.IntN(2) == 0, Index: rnd.IntN(99)}
	switch op {
	case state.LinkAdd, state.LinkSet, state.Sysctl:
		k := kind.List()[rnd.IntN(len(kind.List()))]
		s.Kind, s.Attrs = k.Name, randomSet(rnd, text, append(kind.Common[:len(kind.Common):len(kind.Common)], k.Rows...))
		s.PortKind, s.Port = k.Name, randomSet(rnd, text, k.Port)
		if rnd.IntN(2) == 0 {
			s.Master = state.To(pick(rnd, "", text))
		}
	case state.AddrAdd, state.AddrDel, state.Announce:
		s.Address = randomAddress(rnd, text)
	case state.RouteAdd, state.RouteDel:
		r := randomRoute(rnd, text)
		s.Route = &r
	case state.RuleAdd, state.RuleDel:
		r := randomRule(rnd, text)
		s.Rule = &r
	}
	return s
}

func randomSet(rnd *rand.Rand, text string, t attr.Table) attr.Set {
	var s attr.Set
	for _, i := range rnd.Perm(len(t))[:rnd.IntN(len(t)+1)] {
		if v := attr.Num(rnd.Uint64()); rnd.IntN(2) == 0 {
			s.Put(t[i], v)
		} else {
			s.Put(t[i], attr.Str(text))
		}
	}
	return s
}

func randomAddress(rnd *rand.Rand, text string) state.Address {
	return state.Address{Prefix: randomPrefix(rnd), Peer: randomPrefix(rnd), Broadcast: randomPrefix(rnd).Addr(), Label: pick(rnd, "", text), Scope: uint8(rnd.Uint32()),
		Flags: rnd.Uint32(), Valid: rnd.Uint32(), Preferred: state.Forever, Proto: 3, Metric: rnd.Uint32()}
}

func randomRoute(rnd *rand.Rand, text string) state.Route {
	r := state.Route{Dst: randomPrefix(rnd), Dev: pick(rnd, "", text), Via: randomPrefix(rnd).Addr(), Src: randomPrefix(rnd).Addr(), Metric: rnd.Uint32(),
		Table: rnd.Uint32(), Proto: 4, Type: 1, Onlink: rnd.IntN(2) == 0, Metrics: text, Other: "\x08\x00\xfe\xff" + text}
	for range rnd.IntN(3) {
		r.Hops = append(r.Hops, state.Hop{Dev: text, Via: randomPrefix(rnd).Addr(), Weight: rnd.IntN(256)})
	}
	return r
}

func randomRule(rnd *rand.Rand, text string) state.Rule {
	return state.Rule{Six: rnd.IntN(2) == 0, From: randomPrefix(rnd), TOS: uint8(rnd.Uint32()), Action: 1, Attrs: randomSet(rnd, text, kind.Rule), Other: text}
}

func randomPrefix(rnd *rand.Rand) netip.Prefix {
	switch rnd.IntN(4) {
	case 0:
		return netip.Prefix{}
	case 1:
		return netip.PrefixFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(rnd.Uint32())}), rnd.IntN(33))
	case 2:
		return netip.PrefixFrom(netip.MustParseAddr("::ffff:192.0.2.1"), rnd.IntN(129))
	}
	return netip.PrefixFrom(netip.MustParseAddr("2001:db8::1"), rnd.IntN(129))
}

func pick(rnd *rand.Rand, of ...string) string { return of[rnd.IntN(len(of))] }
