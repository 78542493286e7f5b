package kernel

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"hostnet-module/module/attr"
	"hostnet-module/module/state"
)

// Whatever bytes come, the parsers neither panic nor make up a host that is at odds with itself. The seeds are a real kernel's.

func seeds(f *testing.F, name string) {
	files, _ := filepath.Glob("testdata/dump-*/" + name)
	if len(files) == 0 {
		f.Fatal("no fixtures")
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, m := range messagesOf(b) {
			f.Add(framesOf([]message{m}))
		}
	}
}

// known is a host and its directory, for parsers that refer to links.
func known() (*state.Host, *directory) {
	b, _ := os.ReadFile("testdata/dump-6.1/links.bin")
	return parseLinks(messagesOf(b))
}

func FuzzLinks(f *testing.F) {
	seeds(f, "links.bin")
	f.Fuzz(func(t *testing.T, b []byte) {
		msgs := messagesOf(b)
		anyBridge(msgs)
		h, dir := parseLinks(msgs)
		for _, l := range h.Links {
			if l.Name == "" || h.Link(l.Name) != l {
				t.Errorf("link %q is not to be found by its name", l.Name)
			}
			if dir.known[l.Name].index != uint32(l.Index) {
				t.Errorf("link %q: index %d, the directory has %d", l.Name, l.Index, dir.Index(l.Name))
			}
			for r, v := range l.Attrs.All() {
				_ = r.Text(v)
			}
		}
	})
}

func FuzzAddrs(f *testing.F) {
	seeds(f, "addresses.bin")
	f.Fuzz(func(t *testing.T, b []byte) {
		h, _ := known()
		parseAddresses(messagesOf(b), h)
		for _, l := range h.Links {
			for _, a := range l.Addresses {
				if !a.Prefix.IsValid() {
					t.Errorf("%s: invalid address", l.Name)
				}
				_ = a.String()
			}
		}
	})
}

func FuzzRoutes(f *testing.F) {
	seeds(f, "routes4.bin")
	seeds(f, "routes6.bin")
	f.Fuzz(func(t *testing.T, b []byte) {
		_, dir := known()
		for _, family := range []byte{unix.AF_INET, unix.AF_INET6} {
			for _, r := range parseRoutes(messagesOf(b), family, dir) {
				if !r.Dst.IsValid() || r.Is4() != (family == unix.AF_INET) {
					t.Errorf("destination %v", r.Dst)
				}
				_ = r.String()
			}
		}
	})
}

func FuzzVLANs(f *testing.F) {
	seeds(f, "vlans.bin")
	f.Fuzz(func(t *testing.T, b []byte) {
		h, _ := known()
		parseVLANs(messagesOf(b), h)
		for _, l := range h.Links {
			for _, v := range l.VLANs {
				if v.ID == 0 || v.ID > 4094 {
					t.Errorf("%s: VLAN %d", l.Name, v.ID)
				}
			}
		}
	})
}

func FuzzAnswer(f *testing.F) {
	f.Add(uint16(unix.NLMSG_ERROR), uint16(unix.NLM_F_CAPPED|unix.NLM_F_ACK_TLVS), make([]byte, 24))
	f.Fuzz(func(t *testing.T, typ, flags uint16, b []byte) {
		if a := parseAnswer(typ, flags, b); a != nil && a.errno == 0 {
			t.Error("a refusal without an errno")
		}
	})
}

// BenchmarkHost reads the dumps of a large host: the fixture's links a hundred times over, with other names and indexes.
func BenchmarkHost(b *testing.B) {
	d, _ := readDumps(b, "testdata/dump-6.1")
	var links []message
	for i := range 100 {
		for _, m := range d.links {
			data := append([]byte(nil), m.data...)
			binary.NativeEndian.PutUint32(data[4:], uint32(u32(data[4:])+uint32(100*i)))
			data = attr.Append(data, unix.IFLA_IFNAME, fmt.Appendf(nil, "l%d-%d", i, u32(data[4:])))
			links = append(links, message{m.typ, data})
		}
	}
	d.links = links
	b.ReportAllocs()
	for b.Loop() {
		if h, _ := d.host(); len(h.Links) != len(links) {
			b.Fatalf("%d links of %d", len(h.Links), len(links))
		}
	}
}
