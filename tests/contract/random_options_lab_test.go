//go:build lab

package contract

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"hostnet-module/module/attr"
	"hostnet-module/module/kernel"
	"hostnet-module/module/kind"
	"hostnet-module/module/report"
	"hostnet-module/module/spec"
	"hostnet-module/tests/chance"
)

// TestRandomOptions is TestRandomDocuments with options: of every kind some rows are drawn, and both documents give each of
// their objects and ports all of those, with values of their own. So the second says everything that the first has said, and
// the host must be as if the first had never been. HOSTNET_SEEDS is how many pairs are tried.
func TestRandomOptions(t *testing.T) {
	seeds := uint64(8)
	if n, err := strconv.ParseUint(os.Getenv("HOSTNET_SEEDS"), 10, 64); err == nil {
		seeds = n
	}
	options := 0
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			var pair [2]string
			var rows map[*attr.Row]bool
			after, alone := "", ""
			inNamespace(t, func(k *kernel.Kernel) {
				pair, rows = drawPair(t, k, rand.New(rand.NewPCG(seed, 2026)))
				if t.Failed() {
					return
				}
				carry(t, k, pair[0])
				carry(t, k, pair[1])
				after = shape(t, k) + "\n" + values(t, k, rows)
			})
			if t.Failed() {
				return
			}
			inNamespace(t, func(k *kernel.Kernel) {
				carry(t, k, pair[1])
				alone = shape(t, k) + "\n" + values(t, k, rows)
			})
			if after != alone {
				t.Errorf("after another document:\n%s\non a bare host:\n%s\nfirst:\n%s\nsecond:\n%s", after, alone, pair[0], pair[1])
			}
			options += len(rows)
		})
	}
	t.Logf("%d pairs of documents, %d options", seeds, options)
}

// drawPair draws two documents with the same options. A row with which either document is refused is left out of both.
func drawPair(t *testing.T, k *kernel.Kernel, rnd *rand.Rand) (pair [2]string, rows map[*attr.Row]bool) {
	base := [2]string{chance.Document(rnd), chance.Document(rnd)}
	rows = drawRows(k, rnd)
	seed := rnd.Uint64()
	for range 100 {
		refused := ""
		for i := range base {
			doc, problems := spec.Decode([]byte(base[i]), "random.yaml")
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			fill(rand.New(rand.NewPCG(seed, uint64(i))), doc, rows)
			if problems, _ := doc.Validate(); len(problems) > 0 {
				refused = problems[0].Path[strings.LastIndexByte(problems[0].Path, '.')+1:]
				break
			}
			pair[i] = string(asText(doc))
		}
		if refused == "" {
			return pair, rows
		}
		was := len(rows)
		for r := range rows {
			if r.Name == refused {
				delete(rows, r)
			}
		}
		if len(rows) == was {
			t.Fatalf("refused at %q for none of the rows", refused)
		}
	}
	t.Fatal("no pair was found")
	return pair, rows
}

// drawn tells whether a row can be drawn: what names other links or adds up is not, nor what the documents say anyway. 6.1
// crashes with mcast_router on a port under snooping by VLAN; fail_over_mac makes MACs a matter of the past; newer kernels change
// stp_mode only while spanning tree is off, and know use_carrier no more.
func drawn(r *attr.Row) bool {
	switch r.Type {
	case attr.Index, attr.Map, attr.MAC, attr.Text, attr.IP4s, attr.IP6s:
		return false
	}
	not := []string{"mode", "miimon", "id", "protocol", "mcast_vlan_snooping", "fail_over_mac", "stp_state", "forward_delay", "vlan_filtering", "mst_enabled",
		"backup_nhid", "stp_mode", "use_carrier", "up", "mtu", "arp_interval", "bridge_binding"}
	return !r.SeeOnly && !r.Hidden && !slices.Contains(not, r.Name)
}

// drawRows draws rows of every kind and its ports that the kernel has.
func drawRows(k *kernel.Kernel, rnd *rand.Rand) map[*attr.Row]bool {
	rows := map[*attr.Row]bool{}
	for _, of := range kind.List() {
		for _, table := range []attr.Table{of.Rows, of.Port} {
			for _, r := range table {
				if drawn(r) && rnd.IntN(4) == 0 && (r.Since.Release == "" || k.Has(of.Module, r.Since.Release, r.Since.Name)) {
					rows[r] = true
				}
			}
		}
	}
	return rows
}

// fill gives every object and port of a document values for the rows.
func fill(rnd *rand.Rand, doc *spec.Document, rows map[*attr.Row]bool) {
	put := func(set *attr.Set, table attr.Table) {
		for _, r := range table {
			v := draw(rnd, r)
			if rows[r] {
				set.Put(r, v)
			}
		}
	}
	for _, o := range doc.Objects {
		if o.Absent {
			continue
		}
		put(&o.Attrs, o.Kind.Rows)
		for i := range o.Ports {
			put(&o.Ports[i].Attrs, o.Kind.Port)
			if set := &o.Ports[i].Attrs; set.Has("queue_id") { // no two may have one
				set.Put(kind.Bond.Port.Must("queue_id"), attr.Num(min(set.N("queue_id")&^1, 14)|uint64(i)))
			}
		}
	}
}

// draw draws a value within a row's range: its ends more often than the middle.
func draw(rnd *rand.Rand, r *attr.Row) attr.Value {
	if r.IsBool() {
		return attr.On(rnd.IntN(2) == 0)
	}
	if len(r.Names) > 0 {
		return attr.Num(r.Names[rnd.IntN(len(r.Names))].N)
	}
	low, high := r.Range()
	if r.Name == "queue_id" {
		high = 16 // a bond has sixteen queues where its module is not told otherwise
	}
	if r.Name == "vlan_default_pvid" {
		low = 1 // with none, whether the bridge has an entry of its own is a matter of its past
	}
	span := min(high-uint64(low), 1000)
	switch rnd.IntN(4) {
	case 0:
		return attr.Num(uint64(low))
	case 1:
		return attr.Num(high &^ r.Barred)
	}
	return attr.Num((uint64(low) + rnd.Uint64N(span+1)) &^ r.Barred)
}

func asText(doc *spec.Document) []byte { return report.Document{Tree: doc.Encode()}.JSON() }

// values are the drawn rows of all links.
func values(t *testing.T, k *kernel.Kernel, rows map[*attr.Row]bool) string {
	var lines []string
	for _, l := range look(t, k).Links {
		for _, part := range []struct {
			what string
			set  attr.Set
			on   attr.Set
		}{{"", l.Attrs, l.Attrs}, {" port", l.Port, attr.Set{}}} {
			for r, v := range part.set.All() {
				if rows[r] && r.Applies(part.on) {
					lines = append(lines, l.Name+part.what+" "+r.Name+" "+r.Text(v))
				}
			}
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
