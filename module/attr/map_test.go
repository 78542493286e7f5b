package attr

import (
	"strings"
	"testing"
)

var qos = &Row{Name: "egress", Num: 3, Type: Map, Max: 7, Empty: true}

func TestParsePairs(t *testing.T) {
	for text, want := range map[string]string{"": "", "2:3, 0:1": "0:1,2:3", "4294967295:7": "4294967295:7", "5:0": "5:0"} {
		if v, err := qos.Parse(text); err != nil || v.S != want {
			t.Errorf("%q: %q, %v", text, v.S, err)
		}
	}
	for _, text := range []string{"1", "1:8", "1:", ":1", "4294967296:1", "1:2,1:3", "1:2,", "a:1", "-1:1"} {
		if v, err := qos.Parse(text); err == nil {
			t.Errorf("%q is taken: %q", text, v.S)
		}
	}
}

// TestAdditive: what is listed must be there, what is not listed is left, what is to go leads to 0.
func TestAdditive(t *testing.T) {
	set := func(text string) Set { return Of(Item{qos, Str(text)}) }
	for _, tt := range []struct{ have, want, send, then string }{
		{"", "0:1", "0:1", "0:1"},
		{"0:1,2:3", "0:1", "", "0:1,2:3"},
		{"0:1,2:3", "0:4", "0:4", "0:4,2:3"},
		{"0:1,2:3", "2:0", "2:0", "0:1"},
		{"0:1", "2:0", "", "0:1"},
		{"", "", "", ""},
	} {
		have := set(tt.have)
		if send := Missing(have, set(tt.want)).S("egress"); send != tt.send {
			t.Errorf("%q wants %q: sends %q", tt.have, tt.want, send)
		}
		have.Take(qos, Str(tt.send))
		if have.S("egress") != tt.then {
			t.Errorf("%q and %q: %q", tt.have, tt.want, have.S("egress"))
		}
	}
	if !qos.Equal(Str("0:1,2:0"), Str("0:1")) || qos.Equal(Str("0:1"), Str("0:1,2:3")) {
		t.Error("Equal")
	}
	if got := Undoing(set("0:1,2:3"), Set{}).S("egress"); got != "0:0,2:0" {
		t.Errorf("back to nothing: %q", got)
	}
	if got := Undoing(set("0:1,2:3"), set("0:2,5:6")).S("egress"); got != "0:2,2:0,5:6" {
		t.Errorf("back to something: %q", got)
	}
}

func TestPairsOnTheWire(t *testing.T) {
	b := Of(Item{qos, Str("0:1,9:7")}).Encode(nil, Data, nil)
	if got := (Table{qos}).Decode(b, Data, nil).S("egress"); got != "0:1,9:7" {
		t.Errorf("%q", got)
	}
	if want := "\x14\x00\x03\x00\x0c\x00\x01\x00\x00\x00\x00\x00\x01\x00\x00\x00"; !strings.HasSuffix(string(Of(Item{qos, Str("0:1")}).Encode(nil, Data, nil)), want[4:]) {
		t.Error("not as iproute2 writes it")
	}
}

func TestSince(t *testing.T) {
	s := Since{Release: "6.9"}
	for release, want := range map[string]bool{"6.1.0-50-cloud-amd64": true, "6.9.0": false, "6.12": false, "5.15.0-91-generic": true, "7.2.13+deb14": false, "odd": false} {
		if s.After(release) != want {
			t.Errorf("%s", release)
		}
	}
	if (Since{}).After("2.6.32") {
		t.Error("no release")
	}
}

// TestNests: a row in a nest is not one beside it with the same number; a bit that the kernel's mask does not know is not said.
func TestNests(t *testing.T) {
	table := Table{{Name: "a", Num: 1, Type: U16}, {Name: "b", Num: 1, Nest: 23, Type: U16, SeeOnly: true}, {Name: "c", Num: 2, Nest: 23, Type: U16, SeeOnly: true},
		{Name: "known", Num: 5, Type: Bit, Bit: 1}, {Name: "new", Num: 5, Type: Bit, Bit: 4}}
	inner := Append(Append(nil, 1, []byte{7, 0}), 2, []byte{8, 0})
	s := table.Decode(Append(Append(Append(nil, 1, []byte{6, 0}), 23, inner), 5, []byte{1, 0, 0, 0, 3, 0, 0, 0}), Data, nil)
	if s.N("a") != 6 || s.N("b") != 7 || s.N("c") != 8 || s.N("known") != 1 || s.Has("new") || s.Len() != 4 {
		t.Errorf("%+v", s)
	}
}

// TestUnveil: while one row is on, the kernel's value of another is not what was set.
func TestUnveil(t *testing.T) {
	table := Table{{Name: "life", Num: 4, Type: U32, Veil: "stirred"}, {Name: "stirred", Num: 14, Type: Bool, SeeOnly: true}}
	for on, want := range map[byte]bool{0: true, 1: false} {
		s := table.Decode(Append(Append(nil, 4, []byte{144, 1, 0, 0}), 14, []byte{on}), Data, nil)
		s.Unveil()
		wish := Of(Item{table[0], Num(7)})
		if s.Has("life") != want || (Veiled(s, wish).Len() == 0) != want {
			t.Errorf("%d: %v", on, s)
		}
	}
}
