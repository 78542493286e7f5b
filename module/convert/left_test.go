package convert

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// docs/convert.md has the table of reasons as the program has them.
func TestReasonsAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/convert.md")
	if err != nil {
		t.Fatal(err)
	}
	if len(Reasons()) != len(meanings) {
		t.Errorf("%d reasons are counted, %d have a meaning", len(Reasons()), len(meanings))
	}
	for _, r := range Reasons() {
		if row := fmt.Sprintf("| `%s` | %s | %s |\n", r, r.Meaning(), r.Remedy()); !strings.Contains(string(text), row) {
			t.Errorf("docs/convert.md has no row %s", row)
		}
	}
}

// A told line is a sentence with what was lost: in YAML's flow style not all that stands on the line, and no secret.
func TestLeftSaysWhat(t *testing.T) {
	text := `network:
  ethernets: {eth0: {dhcp4: true, dhcp6: true, wakeonlan: true, addresses: [192.0.2.10/24, 192.0.2.300/24], auth: {password: open sesame}}}
  bridges:
    br0: {interfaces: [], parameters: {wonder: 1, priority: big}, routes: [{to: 203.0.113.0/24, via: 192.0.2.1}, {to: nowhere, via: 192.0.2.1}]}
`
	r, err := Netplan(files{"a.yaml": text}, []string{"a.yaml"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range r.Left {
		got = append(got, fmt.Sprintf("%d %s %s", l.Line, l.Reason, l.Text))
	}
	all := strings.Join(got, "\n")
	for _, want := range []string{
		"2 dhcp `dhcp4: true` is not taken over: a document does not ask DHCP; keep a DHCP client on eth0, or give it the address",
		"2 dhcp `dhcp6: true` is",
		"2 other_program `wakeonlan: true` is not taken over: is for ethtool; leave it to that program, or set it there",
		"2 faulty `192.0.2.300/24` is not",
		"2 other_program `auth: {password: ...` is",
		"4 faulty `wonder: 1` is",
		"4 faulty `priority: big` is",
		"4 faulty `{to: nowhere, via: 192.0.2.1}` is",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("no %s in\n%s", want, all)
		}
	}
	if strings.Contains(all, "sesame") {
		t.Error(all)
	}
}
