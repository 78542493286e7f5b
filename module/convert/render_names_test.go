package convert

import (
	"strings"
	"testing"

	"hostnet-module/module/spec"
)

// everyName is a document that has a name in every place where one can stand.
const everyName = `{"ethernets": [{"name": "e-NAME", "description": "TEXT", "addresses": [{"address": "192.0.2.1/24", "label": "e-NAME:a"}]}],
"bonds": [{"name": "bond0", "mode": "active-backup", "miimon": 100, "members": ["eth0", {"path": "pci-0000:03:00.0"}], "description": "TEXT"}],
"vlans": [{"name": "v7", "parent": "bond0", "id": 7, "description": "TEXT", "egress_qos_map": ["1:2"]}],
"bridges": [{"name": "br0", "ports": ["v7"], "description": "TEXT", "stp_state": true}],
"segments": [{"id": 9, "parent": "bond0", "bridge": "vlan9", "name": "b.9"}],
"rules": [{"priority": 100, "family": "ipv4", "iif": "br0", "table": 7}]}`

func document(t *testing.T, text string) *spec.Document {
	t.Helper()
	doc, problems, _ := spec.Read([]byte(text), "document.json")
	if len(problems) > 0 {
		t.Fatalf("%s: %v", text, problems)
	}
	return doc
}

// TestRenderRefusesNames: a name that ifupdown's shell, networkd's patterns or a YAML reader could take for something else is in no file.
func TestRenderRefusesNames(t *testing.T) {
	if plain := document(t, everyName); len(Render(plain, "ifupdown").Problems) > 0 {
		t.Fatal("a plain document is refused")
	}
	for _, nasty := range []string{"b;id>&2", "b$(id)", "`id`", "*", "e*", "!eth0", "-x", "a|b", "a&b", "[e]", "a?b", "a'b", "a\\\"b", "#a", "~", "br\u00fccke", "a\u202eb", "a=b", "<a", "a{b}", "a,b"} {
		for path, place := range map[string][2]string{
			"ethernets[0].name":               {`"name": "e-NAME"`, `"name": "%"`},
			"ethernets[0].addresses[0].label": {`"label": "e-NAME:a"`, `"label": "e-NAME:%"`},
			"bonds[0].name":                   {`"name": "bond0"`, `"name": "%"`},
			"bonds[0].members[0]":             {`"eth0"`, `"%"`},
			"bonds[0].members[1].path":        {`"path": "pci-0000:03:00.0"`, `"path": "%"`},
			"vlans[0].parent":                 {`"parent": "bond0", "id": 7`, `"parent": "%", "id": 7`},
			"bridges[0].ports[0]":             {`["v7"]`, `["%"]`},
			"segments[0].bridge":              {`"bridge": "vlan9"`, `"bridge": "%"`},
			"segments[0].name":                {`"name": "b.9"`, `"name": "%"`},
			"rules[0].iif":                    {`"iif": "br0"`, `"iif": "%"`},
		} {
			if nasty == "-x" && strings.HasSuffix(path, "label") {
				continue // plain behind the link's name
			}
			text := strings.Replace(everyName, place[0], strings.Replace(place[1], "%", nasty, 1), 1)
			doc, _, _ := spec.Read([]byte(text), "document.json")
			for _, to := range Renderers() {
				out := Render(doc, to)
				found := false
				for _, p := range out.Problems {
					found = found || p.Path == path && strings.Contains(p.Message, "cannot be rendered for "+to)
				}
				if !found || len(out.Files) > 0 {
					t.Errorf("%s in %s for %s: %d files, %v", nasty, path, to, len(out.Files), out.Problems)
				}
			}
		}
	}
}

// TestRenderKeepsLines: no description makes a line of its own in any file, or changes another one.
func TestRenderKeepsLines(t *testing.T) {
	for _, nasty := range []string{`a\n\tup id`, `a\n[Match]\nName=*`, `a\r\nup id`, `a\\`, `a\u2028up id`, `a\u0085up id`, `\u001b[2J`, `a\u202eb`, `$(id)`, "`id`", `rack $7, it's ${x}; id`, `a: b`, `# a`, `- a`, `\"`, `*`} {
		plain, doc := document(t, strings.ReplaceAll(everyName, "TEXT", "plain")), document(t, strings.ReplaceAll(everyName, "TEXT", nasty))
		for _, to := range Renderers() {
			want, got := Render(plain, to).Files, Render(doc, to).Files
			if len(got) != len(want) {
				t.Fatalf("%s for %s: %d files, want %d", nasty, to, len(got), len(want))
			}
			for i := range got {
				if got, want := others(got[i].Text), others(want[i].Text); got != want {
					t.Errorf("%s in %s:\n%s\nwant\n%s", nasty, to, got, want)
				}
			}
		}
	}
}

// others are the lines of a file without those of descriptions.
func others(text string) string {
	var b strings.Builder
	for l := range strings.SplitAfterSeq(text, "\n") {
		if !strings.HasPrefix(l, "\tdescription ") {
			b.WriteString(l)
		}
	}
	return b.String()
}
