package state_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
	"hostnet-module/module/state"
)

// TestExtrasInTheJournal: what is read back is what was written, and a journal without extras has none.
func TestExtrasInTheJournal(t *testing.T) {
	extras := &state.Extras{
		Settings: attr.Of(attr.Item{Row: attr.FileRow("/proc/sys/net/ipv4/conf/*/rp_filter"), Value: attr.Str("2")},
			attr.Item{Row: kind.Carried.Must("promisc"), Value: attr.Num(1)}, attr.Item{Row: kind.Carried.Must("txqueuelen"), Value: attr.Num(333)}),
		Entries: []state.Entry{{Sort: state.Forward, Bridge: "br\xff", Words: "bridge fdb replace 02:00:00:00:00:11 dev * master", Data: "\x07\x00\xff\x80"}, {Sort: state.Queueing, Words: "tc qdisc tbf 7: of *"}},
	}
	host := &state.Host{Links: []*state.Link{{Name: "stor", Extras: extras}, {Name: "eth0"}}}
	data, err := json.Marshal(host)
	if err != nil {
		t.Fatal(err)
	}
	var back state.Host
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if got := back.Links[0].Extras; !reflect.DeepEqual(got.Entries, extras.Entries) || attr.Missing(got.Settings, extras.Settings).Len() > 0 || got.Settings.Len() != 3 {
		t.Errorf("%+v, want %+v", got, extras)
	}
	if back.Links[1].Extras != nil {
		t.Errorf("eth0 has %+v", back.Links[1].Extras)
	}
	step := state.Step{Op: state.EntryAdd, Link: "vif1.0", Entry: &extras.Entries[0]}
	if data, err = json.Marshal(step); err != nil {
		t.Fatal(err)
	}
	var again state.Step
	if err := json.Unmarshal(data, &again); err != nil || again.String() != step.String() || again.Entry.Data != step.Entry.Data {
		t.Errorf("%v: %s, want %s", err, again, step)
	}
}

// TestSysctlWords: names with dots are told with slashes.
func TestSysctlWords(t *testing.T) {
	for link, want := range map[string]string{
		"stor":     "sysctl -w net.ipv4.conf.stor.rp_filter=2; echo 3 >/sys/class/net/stor/queues/rx-0/rps_cpus",
		"bond0.16": "sysctl -w net/ipv4/conf/bond0.16/rp_filter=2; echo 3 >/sys/class/net/bond0.16/queues/rx-0/rps_cpus",
	} {
		s := state.Step{Op: state.Sysctl, Link: link, Attrs: attr.Of(attr.Item{Row: attr.FileRow("/proc/sys/net/ipv4/conf/*/rp_filter"), Value: attr.Str("2")},
			attr.Item{Row: attr.FileRow("/sys/class/net/*/queues/rx-0/rps_cpus"), Value: attr.Str("3")})}
		if got := s.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
