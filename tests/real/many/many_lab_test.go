//go:build lab

// Package many makes hosts with a thousand segments on a real kernel. It is apart from its parent since the kernel's lock is busy
// with them, and nothing else can be tried meanwhile.
package many

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"hostnet-module/tests/lab/topo"
	"hostnet-module/tests/many"
)

type result struct {
	Changed, Failed bool
	Msg             string
	Objects         []struct{ Kind, Name, Action string }
	Steps           []string
	Waves           []string
	Counts          map[string]map[string]int
	RolledBack      bool `json:"rolled_back"`
}

func run(t *testing.T, w *topo.World, document string, flags ...string) result {
	t.Helper()
	out := w.Host.Exec(document, append(append([]string{"/usr/bin/hostnet-module", "--format", "json", "-v"}, flags...), "-")...)
	var r result
	if err := json.Unmarshal([]byte(out.Stdout), &r); err != nil {
		t.Fatalf("%v: %s %s", err, out.Stdout, out.Stderr)
	}
	t.Logf("%s\n%s", r.Msg, strings.Join(r.Waves, "\n"))
	return r
}

// names lists the host's links, as ip sees them: "vlan7", "bond0.7 bond0 vlan7".
func names(w *topo.World) []string {
	var list []struct{ Ifname, Link, Master, Operstate string }
	w.Host.JSON(&list, "ip -j link")
	var names []string
	for _, l := range list {
		names = append(names, strings.TrimSpace(l.Ifname+" "+l.Link+" "+l.Master))
	}
	slices.Sort(names)
	return names
}

// segments is how many are made at first: 640, more than fit into one datagram or one reader of links, or as HOSTNET_SEGMENTS says; with one more, 4,093 are all that 802.1Q has room for.
func segments(t *testing.T) int {
	text := os.Getenv("HOSTNET_SEGMENTS")
	if text == "" {
		return 640
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 600 || n >= many.Most {
		t.Fatalf("HOSTNET_SEGMENTS=%s: a number from 600 to %d", text, many.Most-1)
	}
	return n
}

// TestHundreds: made, looked at again, one more, some taken away, then all; and what was there before is there
// in the end.
func TestHundreds(t *testing.T) {
	w, n := topo.New(t), segments(t)
	w.Host.Run("ip link add guests type bridge")
	w.Host.Run("ip link add dummy7 type dummy")
	w.Host.Run("ip link set dummy7 master guests group 1752039424") // a group as the program would choose it
	before := names(w)

	r := run(t, w, many.Document(n, ""))
	if r.Failed || len(r.Objects) != 2*n+1 {
		t.Fatalf("%s, %d objects", r.Msg, len(r.Objects))
	}
	have := names(w)
	for _, id := range []int{1, 500, n} {
		for _, want := range []string{fmt.Sprintf("bond0.%d bond0 vlan%[1]d", id), fmt.Sprintf("vlan%d", id)} {
			if !slices.Contains(have, want) {
				t.Errorf("no link %q", want)
			}
		}
	}
	if len(have) != len(before)+2*n+1 {
		t.Errorf("%d links more", len(have)-len(before))
	}
	up := strings.Count(w.Host.Run("ip -br link show up type vlan"), "bond0.") + strings.Count(w.Host.Run("ip -br link show up type bridge"), "vlan")
	if up != 2*n {
		t.Errorf("%d links are up", up)
	}

	if r := run(t, w, many.Document(n, "")); r.Changed || len(r.Steps) > 0 {
		t.Errorf("a second run: %s %v", r.Msg, r.Steps[:min(len(r.Steps), 5)])
	}
	// One more, and counts in place of lists.
	if r := run(t, w, many.Document(n+1, "")+"result: summary\n"); r.Failed || len(r.Objects) > 0 || r.Counts["bridge"]["create"] != 1 || r.Counts["vlan"]["none"] != n {
		t.Errorf("one more: %s %v", r.Msg, r.Counts)
	}
	if r := run(t, w, fmt.Sprintf("segments: [{ids: %d-%d, parent: bond0, bridge: 'vlan{id}', state: absent}]", n-30, n+1)); r.Failed {
		t.Error(r.Msg)
	}
	if left := len(names(w)); left != len(before)+2*(n-31)+1 {
		t.Errorf("%d links are left of %d segments", left-len(before), n-31)
	}
	if r := run(t, w, many.Document(n-31, ", state: absent")); r.Failed {
		t.Error(r.Msg)
	}
	if after := names(w); !slices.Equal(after, before) {
		t.Errorf("left: %v", after)
	}
}
