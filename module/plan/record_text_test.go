package plan_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hostnet-module/module/plan"
)

var records = plan.Last{
	"bond0":  {Kind: "bond", Created: true, Index: 12, Ports: []string{"eth0", "eth1"}},
	"eth0":   {Kind: "ethernet", Index: 2},
	"vlan16": {Kind: "bridge", Created: true, Index: 30, Addresses: []string{"192.0.2.10/24", "2001:db8::10/64"}, Routes: []string{"default via 192.0.2.1"}},
	" rules": {Kind: "rules", Rules: []string{"100: from 192.0.2.0/24 lookup 10"}},
	"new":    {Kind: "vlan", Created: true},
	"odd":    {Kind: "bridge", Ports: []string{`a"b`, `c\d`, "é", "<&>", "a\nb"}},
	`q"\`:    {Kind: "bridge", Index: 7},
}

// TestRecordText: what is written is JSON that a library reads, and what a library has written is read, whichever of the two has written or
// reads each line.
func TestRecordText(t *testing.T) {
	all := plan.Changes{}
	for name, set := range records {
		all[name] = &set
	}
	ours, err := plan.Last{}.Rewritten(nil, all)
	if err != nil {
		t.Fatal(err)
	}
	theirs, _ := json.Marshal(records)
	indented, _ := json.MarshalIndent(records, "", "  ")
	for name, text := range map[string][]byte{"ours": ours, "theirs": theirs, "indented": indented, "with spaces": []byte(strings.ReplaceAll(string(ours), `":`, `": `))} {
		got, err := plan.ReadLast(text)
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
		if diff := cmp.Diff(records, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		var read plan.Last
		if err := json.Unmarshal(text, &read); err != nil || !cmp.Equal(read, records) {
			t.Errorf("%s: by the library: %v, %v", name, err, read)
		}
	}
}

// TestRecordRewritten: a record that is changed line by line is what it would be if it were written anew, whoever wrote it.
func TestRecordRewritten(t *testing.T) {
	all := plan.Changes{}
	for name, set := range records {
		all[name] = &set
	}
	whole, _ := plan.Last{}.Rewritten(nil, all)
	oneLine, _ := json.Marshal(records)
	other := &plan.Set{Kind: "vlan", Created: true, Index: 99}
	for _, text := range [][]byte{whole, oneLine, nil, []byte("{}"), []byte("null"), []byte("{\n\n}\n")} {
		last, err := plan.ReadLast(text)
		if err != nil {
			t.Fatal(err)
		}
		for _, changes := range []plan.Changes{
			{}, {"a": other}, {"zz": other}, {"vlan16": other}, {"bond0": nil}, {"vlan16": nil, "vlan17": other}, {"none": nil},
			{"bond0": nil, "eth0": nil, "vlan16": nil, " rules": nil, "new": nil, "odd": nil, `q"\`: nil},
		} {
			got, err := last.Rewritten(text, changes)
			if err != nil {
				t.Fatal(err)
			}
			want := maps.Clone(last)
			anew := plan.Changes{}
			for name, set := range changes {
				if delete(want, name); set != nil {
					want[name] = *set
				}
			}
			for name, set := range want {
				anew[name] = &set
			}
			expected, _ := plan.Last{}.Rewritten(nil, anew)
			if string(got) != string(expected) {
				t.Errorf("%s\n%v:\n%s\nwant\n%s", text, changes, got, expected)
			}
			back, err := plan.ReadLast(got)
			if err != nil || !cmp.Equal(back, want) || !cmp.Equal(back, last.With(changes)) {
				t.Errorf("%v: %v, read again: %v", changes, err, back)
			}
			if undone := back.With(last.Undo(changes, nil)); !cmp.Equal(undone, last) {
				t.Errorf("%v: undone: %v", changes, undone)
			}
			if news := back.News(changes); len(news) > 0 {
				t.Errorf("%v: news to the record that has them: %v", changes, news)
			}
		}
	}
}

// TestRecordDamaged: a record that is cut anywhere, or has nonsense in a line, is not believed.
func TestRecordDamaged(t *testing.T) {
	text := "{\n" + `"a":{"kind":"vlan","created":true,"index":5},` + "\n" + `"b":{"kind":"bridge","ports":["a"]}` + "\n}\n"
	if _, err := plan.ReadLast([]byte(text)); err != nil {
		t.Fatal(err)
	}
	for n := range len(text) - 1 { // without its last newline it is whole
		if last, err := plan.ReadLast([]byte(text[:n])); err == nil {
			t.Errorf("cut at %d: %v", n, last)
		}
	}
	for _, bad := range []string{
		`"index":x`, `"index":-`, `"index":"5"`, `"created":tru`, `"kind":5`, `"ports":["a"`, `"ports":["a",]`, `"ports":a`, `"kind":"vlan`, `"kind":"vlan""index":5`, `"ports":[["a"]]`,
	} {
		if last, err := plan.ReadLast([]byte(fmt.Sprintf("{\n\"a\":{%s}\n}\n", bad))); err == nil {
			t.Errorf("%s: %v", bad, last)
		}
	}
}
