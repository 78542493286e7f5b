package engine_test

import (
	"context"
	"strings"
	"testing"

	"hostnet-module/module/engine"
	"hostnet-module/module/store"
	"hostnet-module/tests/fake"
)

// TestRecordGoesBack: the record of earlier runs is undone with the network, by a run that dies between its record and its end: what it
// has added, changed, forgotten, and made anew.
func TestRecordGoesBack(t *testing.T) {
	const first = "bridges: [{name: br0, addresses: [198.51.100.10/24]}, {name: br1}, {name: br2}, {name: br3}]"
	for _, text := range []string{
		classic,
		"bridges: [{name: br0, addresses: [198.51.100.11/24]}]",
		"bridges: [{name: br1, state: absent}, {name: br2, state: absent}]",
		"state: absent\n" + first,
		"bridges: [{name: br3}, {name: br4}]", // br3 has gone
	} {
		k := &fake.Kernel{Host: host(t, bare)}
		r := engine.Runner{Kernel: k, Dir: store.Dir(t.TempDir())}
		run := func(text string) {
			if out := r.Run(context.Background(), document(t, text)); out.Failed != nil {
				t.Fatal(out.Failed)
			}
		}
		run(first)
		if strings.Contains(text, "br4") {
			k.Host.Remove("br3")
		}
		before, network := k.Host.Clone(), k.Host.String()
		record, _ := r.Dir.Read("applied.json")
		run(text)
		after, _ := r.Dir.Read("applied.json")
		k.Host, k.Sent = before, nil
		if err := r.Dir.Write("applied.json", record); err != nil {
			t.Fatal(err)
		}
		if !dies(t, k, r, text, 0, true) {
			t.Fatal("the run has come to its end")
		}
		if err := r.Dir.Write("applied.json", after); err != nil {
			t.Fatal(err)
		}
		r.Run(context.Background(), document(t, "vlans: [{parent: eth9, id: 5}]")) // which fits no host: it only undoes
		if now, _ := r.Dir.Read("applied.json"); string(now) != string(record) || string(record) == string(after) || len(record) < 10 {
			t.Errorf("%s: record:\n%s\nwas\n%s\nand in between\n%s", text, now, record, after)
		}
		if !sameHost(k.Host.String(), network) {
			t.Errorf("%s: the network:\n%s\nwas\n%s", text, k.Host, network)
		}
	}
}
