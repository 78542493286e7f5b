package kernel

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
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
		h, dir := parseLinks(messagesOf(b))
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
		feed(addressReader{h.Links}, messagesOf(b))
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
		h, dir := known()
		for _, family := range []byte{unix.AF_INET, unix.AF_INET6} {
			h.Routes = nil
			feed(routeReader{family, dir, h}, messagesOf(b))
			for _, r := range h.Routes {
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
	seeds(f, "tables.bin")
	f.Fuzz(func(t *testing.T, b []byte) {
		h, _ := known()
		for _, r := range []reader{vlanReader{h}, tableReader{h}} {
			feed(r, messagesOf(b))
			for _, l := range h.Links {
				for _, v := range l.VLANs {
					if v.ID == 0 || v.ID > 4094 {
						t.Errorf("%s: VLAN %d", l.Name, v.ID)
					}
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

// BenchmarkLinks reads the link dumps of large hosts: one of 1,000 VLANs with a bridge each, and the fixture's links a hundred times over.
func BenchmarkLinks(b *testing.B) {
	d, _ := readDumps(b, "testdata/dump-6.1")
	segment := slices.DeleteFunc(slices.Clone(d.links), func(m message) bool {
		h, _ := parseLinks([]message{m})
		return h.Links[0].Name != "bond0.16" && h.Links[0].Name != "vlan16"
	})
	for _, host := range []struct {
		name  string
		of    []message
		times int
	}{{"segments", segment, 1000}, {"fixture", d.links, 100}} {
		var links []message
		for i := range host.times {
			for _, m := range host.of {
				links = append(links, again(m, i))
			}
		}
		b.Run(host.name, func(b *testing.B) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			for b.Loop() {
				if h := benchmarked(links); len(h.Links) != len(links) {
					b.Fatalf("%d links of %d", len(h.Links), len(links))
				}
			}
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(links)), "ns/link")
			b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(b.N*len(links)), "B/link")
		})
	}
}

func benchmarked(links []message) *state.Host {
	var r linkReader
	r.begin()
	for _, m := range links {
		r.take(m)
	}
	h, _ := r.end(nil)
	return h
}

// again is a link's message with another name and index, and of a VLAN another number.
func again(m message, i int) message {
	data := slices.Clone(m.data)
	binary.NativeEndian.PutUint32(data[4:], u32(data[4:])+uint32(100*i))
	if at := bytes.Index(data, []byte{6, 0, 1, 0, 16, 0}); at > 0 { // IFLA_VLAN_ID
		binary.NativeEndian.PutUint16(data[at+4:], uint16(i+1))
	}
	return message{m.typ, attr.Append(data, unix.IFLA_IFNAME, fmt.Appendf(nil, "l%d", u32(data[4:])))}
}
