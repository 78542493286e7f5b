package cloudinit

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"testing"
)

// bombs are messages that come to much more than they are, each below one MiB.
var bombs = sync.OnceValue(func() map[string][]byte {
	inner := packed(strings.Repeat("#", most-1))
	var many, deep strings.Builder
	many.WriteString("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b\"\n")
	for range 120 {
		many.WriteString("\n--b\nContent-Type: application/gzip\nContent-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString([]byte(inner)))
	}
	many.WriteString("\n--b--\n")
	deep.WriteString("Content-Type: multipart/mixed; boundary=\"b0\"\n\n")
	for i := range 2000 {
		fmt.Fprintf(&deep, "--b%d\nContent-Type: multipart/mixed; boundary=\"b%d\"\n\n", i, i+1)
	}
	return map[string][]byte{
		"many packed parts":   []byte(many.String()),
		"packed packed parts": []byte(packed(many.String())),
		"packed":              []byte(packed(strings.Repeat("hostnet: ", 64<<20/9))),
		"packed twice":        []byte(packed(packed(strings.Repeat("x", 64<<20)))),
		"parts":               []byte("Content-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\n\n", 200000)),
		"deep":                []byte(deep.String()),
		"headers":             []byte("Content-Type: multipart/mixed; boundary=b\n\n--b\n" + strings.Repeat("a: b\n", 200000)),
		"one header":          []byte("Content-Type: multipart/mixed; boundary=b\n" + strings.Repeat("a: b\n", 200000) + "\n--b\n\nx\n--b--\n"),
	}
})

// TestBombs: what is unpacked of one file stays within its budget, in bytes and parts, and a document that begins in what is beyond it
// is not read in half.
func TestBombs(t *testing.T) {
	for name, data := range bombs() {
		if len(data) > 1<<20 {
			t.Errorf("%s: %d bytes", name, len(data))
		}
		left := newBudget()
		plain := left.unpacked(data)
		total := len(plain)
		if !isPacked(data) {
			total = 0
		}
		parts := left.mimeParts(plain)
		for _, p := range parts {
			total += len(p.data)
		}
		if total > most || len(parts) > mostParts {
			t.Errorf("%s: %d bytes in %d parts", name, total, len(parts))
		}
		if s, _ := cloudData(name, data); s != nil {
			t.Errorf("%s: a document of %d bytes", name, len(s.Data))
		}
	}
	for _, name := range []string{"many packed parts", "packed packed parts", "packed", "parts"} {
		if _, notes := cloudData(name, bombs()[name]); len(notes) != 1 || !strings.Contains(notes[0], "not read to its end") {
			t.Errorf("%s: told %q", name, notes)
		}
	}
	// A part before the budget is over counts.
	first := fmt.Sprintf(strings.TrimSuffix(multipartUserData, "--==b==--\n"), classic) + "--==b==\nContent-Type: application/gzip\n\n" + packed(strings.Repeat("x", 64<<20)) + "\n--==b==--\n"
	if s, notes := cloudData("x", []byte(first)); s == nil || len(s.problems) > 0 || len(notes) != 1 {
		t.Errorf("got %+v, %q", s, notes)
	}
}

// FuzzCloudData: whatever a file of cloud-init's says, it is read within its budget.
func FuzzCloudData(f *testing.F) {
	for _, files := range channels() {
		for _, text := range files {
			f.Add([]byte(text))
		}
	}
	for _, data := range bombs() {
		if len(data) < 64<<10 {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		left := newBudget()
		parts := left.mimeParts(left.unpacked(data))
		total := 0
		for _, p := range parts {
			total += len(p.data)
		}
		if total > most || len(parts) > mostParts {
			t.Fatalf("%d bytes in %d parts", total, len(parts))
		}
		if s, _ := cloudData("user-data", data); s != nil && s.doc == nil && len(s.problems) == 0 {
			t.Fatal("neither a document nor a problem")
		}
	})
}

// FuzzSeed: whatever a seed's files and cloud-init's instance data are, a boot comes to its end, keeps the document that is kept, and says what it did.
func FuzzSeed(f *testing.F) {
	f.Add([]byte(classic), []byte("hostnet: {}"), []byte("version: 2\nbridges: {br0: {}}"), []byte(`{"ds": {"meta_data": {"hostnet": {}}}}`))
	f.Add([]byte("prune: true"), []byte("#cloud-config\nhostnet:\n  bonds: []\n"), []byte("version: 1"), []byte(`{"v1": {"subplatform": "config-disk (/dev/x)"}}`))
	f.Fuzz(func(t *testing.T, document, userData, network, instanceData []byte) {
		list := []finding{{Name: "a/hostnet.yaml", Data: document, Form: wholeFile}, {Name: "a/user-data", Data: userData, Form: cloudFile},
			{Name: "b", Data: instanceData, Form: underKeys, Keys: []string{"ds", "meta_data", key}}, {Name: "a/network-config", Data: network, Form: networkFile}}
		kept := whole("kept.yaml", []byte(classic))
		for i := range list {
			s, _ := list[i].read()
			if s == nil {
				continue
			}
			a := together(kept, s, false)
			if len(a.problems) > 0 {
				continue
			}
			for _, name := range []string{"bond0", "bond0.16", "vlan16", "vlan48"} {
				if o := a.doc.Find(name); o == nil || len(o.Ports) < len(kept.doc.Find(name).Ports) {
					t.Fatalf("%s took %s away", list[i].Name, name)
				}
			}
		}
		if mark(list) == mark(list[1:]) || !bytes.Equal(list[0].Data, document) {
			t.Fatal("marks are the same")
		}
	})
}
