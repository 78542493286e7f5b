package others

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

// TestClaims looks at hosts: each file of testdata holds one, with the links that are asked about (name, index, kind or -,
// MACs) and what is found. A file «NAME -> TARGET» is a symbolic link; \0 in a command line is a NUL.
func TestClaims(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) < 10 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			root, links, want := load(t, file)
			var got []string
			for _, c := range Find(root, func() []Link { return links }) {
				got = append(got, fmt.Sprintf("%s %s %s", c.Link, c.Manager, c.Where()))
				if c.Remedy == "" || strings.HasSuffix(c.Remedy, ".") {
					t.Errorf("%s: remedy %q", c.Link, c.Remedy)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// load reads a host. Two sections of one name are no mistake of the archive: the second hides the first.
func load(t testing.TB, file string) (root fstest.MapFS, links []Link, want []string) {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	root = fstest.MapFS{}
	link(root, "proc/1/ns/net", "net:[4026531840]")
	link(root, "proc/self/ns/net", "net:[4026531840]")
	for _, f := range archive.Files {
		switch from, to, isLink := strings.Cut(f.Name, " -> "); {
		case f.Name == "links":
			for line := range strings.Lines(string(f.Data)) {
				words := strings.Fields(line)
				l := Link{Name: words[0], Kind: strings.TrimPrefix(words[2], "-"), MACs: words[3:]}
				l.Index, _ = strconv.Atoi(words[1])
				links = append(links, l)
			}
		case f.Name == "claims":
			for line := range strings.Lines(string(f.Data)) {
				want = append(want, strings.TrimSpace(line))
			}
		case isLink:
			link(root, from, to)
		case strings.HasSuffix(f.Name, "/cmdline"):
			root[f.Name] = &fstest.MapFile{Data: []byte(strings.ReplaceAll(strings.TrimSpace(string(f.Data)), `\0`, "\x00")), Mode: 0o444}
			if dir := filepath.Dir(f.Name); root[dir+"/ns/net"] == nil {
				link(root, dir+"/ns/net", "net:[4026531840]")
			}
		default:
			root[f.Name] = &fstest.MapFile{Data: f.Data, Mode: 0o644}
		}
	}
	return root, links, want
}

func link(root fstest.MapFS, name, target string) {
	root[name] = &fstest.MapFile{Data: []byte(target), Mode: fs.ModeSymlink | 0o777}
}

func TestOtherNamespace(t *testing.T) {
	for what, change := range map[string]func(fstest.MapFS){
		"another one":   func(root fstest.MapFS) { link(root, "proc/self/ns/net", "net:[4026532000]") },
		"not permitted": func(root fstest.MapFS) { delete(root, "proc/1/ns/net") },
	} {
		root, links, want := load(t, "testdata/ifupdown.txtar")
		change(root)
		if got := Find(root, func() []Link { return links }); len(got) > 0 || len(want) == 0 {
			t.Errorf("%s: %v", what, got)
		}
	}
	if got := Find(nil, func() []Link { return []Link{{Name: "eth0"}} }); got != nil {
		t.Error(got)
	}
	if got := Find(fstest.MapFS{}, func() []Link { return []Link{{Name: "eth0"}} }); got != nil {
		t.Error(got)
	}
}

// TestBroken cuts each file of each host short and fills it with rubbish: nothing panics, whatever is found.
func TestBroken(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.txtar")
	for _, file := range files {
		root, links, _ := load(t, file)
		for name, f := range root {
			whole := f.Data
			for _, data := range [][]byte{nil, whole[:len(whole)/2], []byte("[\n=\n[]\n-\n\x00\xff iface\nsource\n"), slices.Concat(whole, []byte("\\\n\\\n: [{*x\n"))} {
				if f.Mode&fs.ModeSymlink == 0 {
					root[name] = &fstest.MapFile{Data: data, Mode: f.Mode}
					Find(root, func() []Link { return links })
				}
			}
			root[name] = f
		}
		for _, mode := range []fs.FileMode{fs.ModeNamedPipe, fs.ModeDevice, fs.ModeDir} {
			for name, f := range root {
				if f.Mode&fs.ModeSymlink == 0 && !strings.HasPrefix(name, "proc/") {
					root[name] = &fstest.MapFile{Data: f.Data, Mode: mode | 0o644}
				}
			}
			for _, c := range Find(root, func() []Link { return links }) {
				if c.PID == 0 {
					t.Errorf("%s: read what is no file: %v", file, c)
				}
			}
		}
	}
}

// TestLarge: thousands of links on both sides cost no noticeable time.
func TestLarge(t *testing.T) {
	root, _, _ := load(t, "testdata/large.txtar")
	var links []Link
	var stanzas, plan strings.Builder
	plan.WriteString("network:\n  bridges:\n")
	for i := range 4000 {
		name := fmt.Sprintf("vlan%d", i)
		links = append(links, Link{Name: name, Index: i + 10, Kind: "bridge"}, Link{Name: fmt.Sprintf("bond0.%d", i), Kind: "vlan"})
		fmt.Fprintf(&stanzas, "auto %s\niface %s inet manual\n bridge_ports bond0.%d\n", name, name, i)
		fmt.Fprintf(&plan, "    %s: {interfaces: [bond0.%d]}\n", name, i)
		root["etc/NetworkManager/system-connections/"+name+".nmconnection"] = &fstest.MapFile{Data: []byte("[connection]\ntype=bridge\ninterface-name=" + name + "\n")}
		root["etc/systemd/network/"+name+".network"] = &fstest.MapFile{Data: []byte("[Match]\nName=" + name + "\n")}
	}
	root["etc/network/interfaces"] = &fstest.MapFile{Data: []byte(stanzas.String())}
	root["etc/netplan/x.yaml"] = &fstest.MapFile{Data: []byte(plan.String())}
	start := time.Now()
	claims := Find(root, func() []Link { return links })
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("took %v", took)
	}
	if lines := Warnings(claims); len(claims) < 8000 || len(lines) > len(claims)/2 {
		t.Errorf("%d claims, %d warnings", len(claims), len(lines))
	}
}

func TestWords(t *testing.T) {
	one := Claim{Link: "eth0", Manager: "ifupdown", File: "/etc/network/interfaces", Line: 12, Remedy: "remove the stanza"}
	want := []string{"eth0 is also configured by ifupdown: /etc/network/interfaces:12; it will fight over it (remove the stanza)"}
	if diff := cmp.Diff(want, Warnings([]Claim{one})); diff != "" {
		t.Error(diff)
	}
	var many []Claim
	for i := range 9 {
		one.Link, one.Line = fmt.Sprintf("eth%d", i), i+1
		many = append(many, one)
	}
	many = append(many, Claim{Link: "eth0", Manager: "dhclient", PID: 7, Remedy: "stop it"})
	want = []string{"9 links are also configured by ifupdown: /etc/network/interfaces (eth0 in line 1, eth1 in line 2, eth2 in line 3, eth3 in line 4, " +
		"eth4 in line 5 and 4 more); it will fight over them (remove the stanza)",
		"eth0 is also configured by dhclient: process 7; it will fight over it (stop it)"}
	if diff := cmp.Diff(want, Warnings(many)); diff != "" {
		t.Error(diff)
	}
	one.File = "/etc/network/interfaces.d/a\x1b[2J\u00e4"
	if got := one.String(); strings.ContainsAny(got, "\x1b\u00e4") {
		t.Errorf("%q", got)
	}
}

// FuzzFiles: no content of any file panics or takes long.
func FuzzFiles(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.txtar")
	for _, file := range files {
		root, _, _ := load(f, file)
		for _, content := range root {
			f.Add(content.Data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		root := fstest.MapFS{"proc/7/cmdline": {Data: data}}
		for _, pid := range []string{"self", "1", "7", "8", "9"} {
			link(root, "proc/"+pid+"/ns/net", "net:[1]")
		}
		root["proc/8/cmdline"] = &fstest.MapFile{Data: []byte("NetworkManager")}
		root["proc/9/cmdline"] = &fstest.MapFile{Data: []byte("systemd-networkd")}
		for _, name := range []string{"sbin/ifup", "usr/sbin/netplan", "etc/network/interfaces", "etc/network/interfaces.d/x", "run/network/ifstate", "etc/netplan/x.yaml",
			"etc/NetworkManager/system-connections/x", "etc/NetworkManager/NetworkManager.conf", "run/NetworkManager/devices/2",
			"etc/systemd/network/x.network", "etc/systemd/network/x.netdev", "run/systemd/netif/links/2", "etc/dhcpcd.conf"} {
			root[name] = &fstest.MapFile{Data: data, Mode: 0o644}
		}
		for _, c := range Find(root, func() []Link {
			return []Link{{Name: "eth0", Index: 2, MACs: []string{"00:16:3e:00:00:01"}}, {Name: "vlan16", Kind: "bridge"}}
		}) {
			for _, b := range []byte(c.String()) {
				if b < ' ' || b > '~' {
					t.Errorf("%q", c.String())
				}
			}
		}
	})
}
