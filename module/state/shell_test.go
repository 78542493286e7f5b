package state_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
	"hostnet-module/module/state"
)

// TestStepsAreShellLines has a real shell take printed steps apart: however a link, a label or a description is called, the words are those of
// the same step with a harmless name in its place, and nothing else happens.
func TestStepsAreShellLines(t *testing.T) {
	names := []string{"b;id>&2", "b$(id)", "v;16", "`id`", "-x", "a'b", `a"b`, `a\`, "a*", "~", "#a", "a b", "a\nb", "br\u00fccke", "\x1b[2J", "&", "(", "$a", "!", "{a,b}"}
	for range 60 {
		b := make([]byte, 1+rand.IntN(14))
		for i := range b {
			b[i] = byte(1 + rand.IntN(255))
		}
		names = append(names, string(b))
	}
	for i, s := range everyStep("NAME") {
		want := strings.Fields(s.String())
		for _, name := range names {
			line := everyStep(name)[i].String()
			got := wordsOf(t, line)
			if at := slices.Index(got, "dev"); strings.HasPrefix(name, "-") && at > 0 && !slices.Contains(want, "dev") {
				got = slices.Delete(got, at, at+1)
			}
			for j := range got {
				if got[j] == name {
					got[j] = "NAME"
				}
				got[j] = strings.Replace(got[j], "/conf/"+name+"/", "/conf/NAME/", 1)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s\n%q\nwant %q\ngot  %q", line, name, want, got)
			}
		}
	}
}

// wordsOf are the words that a shell makes of a line; what it would write to a file is a word.
func wordsOf(t *testing.T, line string) []string {
	line, file, redirected := strings.Cut(line, " >")
	if redirected {
		line += " '>'" + file
	}
	out, err := exec.Command("sh", "-c", `printf '%s\0' `+line).CombinedOutput()
	if err != nil {
		t.Fatalf("%q: %v: %s", line, err, out)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
}

// everyStep is one step of each sort with everything in it that has a name.
func everyStep(name string) []state.Step {
	text := func(rows attr.Table, row string) (set attr.Set) {
		set.Put(rows.Must(row), attr.Str(name))
		return set
	}
	one := netip.MustParsePrefix("192.0.2.1/24")
	address := state.Address{Prefix: one, Label: name, Valid: state.Forever, Preferred: state.Forever}
	route := &state.Route{Dst: netip.MustParsePrefix("198.51.100.0/24"), Dev: name, Table: state.TableMain}
	paths := &state.Route{Dst: route.Dst, Table: state.TableMain, Hops: []state.Hop{{Dev: name, Weight: 1}}}
	rule := &state.Rule{From: one.Masked(), Action: 1, Attrs: text(kind.Rule, "iif")}
	var sysctl attr.Set
	sysctl.Put(kind.DisableIPv6, attr.On(true))
	return []state.Step{
		{Op: state.LinkAdd, Link: name, Kind: "vlan", Parent: name, Master: &name, Attrs: text(kind.Common, "description")},
		{Op: state.LinkSet, Link: name, Master: &name, Attrs: text(kind.Bond.Rows, "primary"), Kind: "bond"},
		{Op: state.LinkDel, Link: name},
		{Op: state.VLANAdd, Link: name, VLAN: state.VLAN{ID: 7}},
		{Op: state.VLANDel, Link: name, VLAN: state.VLAN{ID: 7}, Self: true},
		{Op: state.AddrAdd, Link: name, Address: address},
		{Op: state.AddrDel, Link: name, Address: address},
		{Op: state.RouteAdd, Route: route},
		{Op: state.RouteDel, Route: paths},
		{Op: state.RuleAdd, Rule: rule},
		{Op: state.RuleDel, Rule: rule},
		{Op: state.Sysctl, Link: name, Attrs: sysctl},
		{Op: state.Announce, Link: name, Address: address},
		{Op: state.Announce, Link: name, Address: state.Address{Prefix: netip.MustParsePrefix("2001:db8::1/64")}},
	}
}

func ExampleStep_String() {
	fmt.Println(state.Step{Op: state.LinkDel, Link: "b;id>&2"})
	fmt.Println(state.Step{Op: state.LinkDel, Link: "-f"})
	// Output:
	// ip link del 'b;id>&2'
	// ip link del dev -f
}
