package state

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
)

// TestIndex holds what the index finds against a look over all links, while links come, go and move, in hosts that are clones of each other.
func TestIndex(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	h := &Host{}
	var others []*Host // clones of it, and what they were cloned from
	name := func() string { return fmt.Sprintf("l%d", rnd.IntN(12)) }
	for range 5000 {
		l := h.Link(name())
		switch op := rnd.IntN(6); {
		case l == nil || op == 0:
			id := attr.Num(uint64(rnd.IntN(3)))
			h.Add(&Link{Name: name(), Index: rnd.IntN(20), Kind: "vlan", Parent: name(), Master: name(), Attrs: attr.Of(attr.Item{Row: kind.VLAN.Rows.Must("id"), Value: id})})
		case op == 1:
			h.Remove(l.Name)
		case op == 2:
			h.Join(l, name())
		case op == 3:
			h.StandOn(l, []string{"", name()}[rnd.IntN(2)])
		case op == 4:
			others = append(others, h)
			h = h.Clone()
			if n := rnd.IntN(len(others)); rnd.IntN(2) == 0 { // either may change first
				h, others[n] = others[n], h
			}
		}
		for _, o := range others[max(0, len(others)-3):] {
			checkIndex(t, o, name(), rnd.IntN(20), attr.Of(attr.Item{Row: kind.VLAN.Rows.Must("id"), Value: attr.Num(uint64(rnd.IntN(3)))}))
		}
		checkIndex(t, h, name(), rnd.IntN(20), attr.Of(attr.Item{Row: kind.VLAN.Rows.Must("id"), Value: attr.Num(uint64(rnd.IntN(3)))}))
		if t.Failed() {
			t.Fatal(h)
		}
	}
}

func checkIndex(t *testing.T, h *Host, name string, index int, id attr.Set) {
	t.Helper()
	var named *Link
	var ports, uppers, twins []*Link
	taken := false
	for _, l := range h.Links {
		if l.Name == name {
			named = l
		}
		if l.Master == name {
			ports = append(ports, l)
		}
		if l.Parent == name {
			uppers = append(uppers, l)
			if attr.Missing(l.Attrs, id).Len() == 0 {
				twins = append(twins, l)
			}
		}
		taken = taken || l.Index == index
	}
	anew := &Host{Links: h.Clone().Links}
	if order := h.FromBelow(); len(order) == len(anew.FromBelow()) {
		for i, l := range anew.FromBelow() {
			if o := order[i]; o != h.Link(l.Name) || h.Depth(o) != anew.Depth(l) {
				t.Errorf("from below: %s at depth %d, it should be %s at %d", o.Name, h.Depth(o), l.Name, anew.Depth(l))
			}
		}
	} else {
		t.Errorf("%d links from below, of %d", len(order), len(h.Links))
	}
	found, asked := h.Twins(name, "vlan", id), index < 10
	inOrder := func(a, b *Link) int { return slices.Index(h.Links, a) - slices.Index(h.Links, b) }
	slices.SortFunc(found, inOrder)
	if h.Link(name) != named || !slices.Equal(h.Ports(name), ports) || !slices.Equal(h.Uppers(name), uppers) || !slices.Equal(found, twins) || asked && h.Taken(index) != taken {
		t.Errorf("%s: the index finds %v, %v, %v, %v, %v", name, h.Link(name), h.Ports(name), h.Uppers(name), found, h.Taken(index))
	}
}

// TestNobodyGoesRoundTheIndex: Parent and Master of a link that a host holds are changed through the host. (Links that are being read
// have none yet.)
func TestNobodyGoesRoundTheIndex(t *testing.T) {
	assigns := regexp.MustCompile(`\b\w+\.(Parent|Master)(, \S+)* = `)
	files, _ := filepath.Glob("../*/*.go")
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || filepath.Base(file) == "index.go" || slices.Contains([]string{"parse_link.go", "save.go"}, filepath.Base(file)) {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if assigns.MatchString(line) && !strings.Contains(line, "step.") && !strings.Contains(line, "o.Parent = ") {
				t.Errorf("%s: %s: use Host.Join or Host.StandOn", file, strings.TrimSpace(line))
			}
		}
	}
	if len(files) < 100 {
		t.Errorf("only %d files were looked at", len(files))
	}
}
