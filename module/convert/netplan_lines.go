package convert

import (
	"fmt"
	"strings"

	"hostnet-module/module/foreign"
)

// load reads a YAML file and notes which of its lines hold a node: the others go on with what stands before them.
func (p *netplan) load(files foreign.Files, name string) (*foreign.Node, error) {
	data, err := files.Read(name)
	if err != nil {
		return nil, err
	}
	root, err := foreign.YAML(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	p.open(name, data)
	p.file = name
	if root != nil {
		p.extents(name, root)
	}
	return root, nil
}

// extents lets each line with a node last until the next one.
func (p *netplan) extents(name string, root *foreign.Node) {
	holds, inList := map[int]bool{}, map[*foreign.Node]bool{}
	begun := map[int]int{} // how many keys and items a line has
	var walk func(n *foreign.Node, above, depth int)
	walk = func(n *foreign.Node, above, depth int) {
		holds[n.Line] = true
		if at := (foreign.Pos{File: name, Line: n.Line}); above > 0 && above != n.Line {
			p.above[at] = foreign.Pos{File: name, Line: above}
		}
		for i, c := range n.Content {
			if foreign.Mapping(n) && i%2 == 0 || !foreign.Mapping(n) && i > 0 && c.Line == n.Content[i-1].Line {
				begun[c.Line]++
				p.crowded[foreign.Pos{File: name, Line: c.Line}] = begun[c.Line] > 1
			}
			switch {
			case depth > 100:
			case foreign.Mapping(n) && i%2 == 1:
				walk(c, n.Content[i-1].Line, depth+1)
			case foreign.Mapping(n) && n.Content[0].Line > 0 && c.Line > n.Content[0].Line && above != n.Content[0].Line && inList[n]:
				walk(c, n.Content[0].Line, depth+1) // below the line on which the item starts
			default:
				inList[c] = !foreign.Mapping(n)
				walk(c, above, depth+1)
			}
		}
	}
	walk(root, 0, 0)
	from := 0
	for n := 1; n <= len(p.texts[name]); n++ {
		at := foreign.Pos{File: name, Line: n}
		switch {
		case holds[n]:
			from = n
		case p.fates[at] == Unseen && from == 0: // --- and directives before the first node
			p.pass(at)
		case p.fates[at] == Unseen:
			p.last[foreign.Pos{File: name, Line: from}] = n
		}
	}
}

// part is a pair as it is told where its line holds more; "" where the line says it.
func (p *netplan) part(key, value *foreign.Node) string {
	if !p.crowded[p.at(key)] {
		return ""
	}
	var b strings.Builder
	if key != value {
		b.WriteString(key.Value + ": ")
	}
	inline(&b, value, 0)
	return shown(strings.Fields(b.String()))
}

// inline writes a node on one line.
func inline(b *strings.Builder, n *foreign.Node, depth int) {
	n = foreign.Resolved(n)
	between := ""
	switch {
	case n == nil || depth > 5:
		b.WriteString("...")
	case foreign.Scalar(n):
		b.WriteString(n.Value)
	case foreign.Mapping(n):
		b.WriteString("{")
		foreign.EachMember(n, func(k, v *foreign.Node) {
			b.WriteString(between + k.Value + ": ")
			inline(b, v, depth+1)
			between = ", "
		})
		b.WriteString("}")
	default:
		b.WriteString("[")
		for _, item := range foreign.Sequence(n) {
			b.WriteString(between)
			inline(b, item, depth+1)
			between = ", "
		}
		b.WriteString("]")
	}
}

func (p *netplan) at(n *foreign.Node) foreign.Pos { return foreign.Pos{File: p.file, Line: n.Line} }

// losePair tells of a pair, or of an item (then both are the same).
func (p *netplan) losePair(key, value *foreign.Node, reason Reason, format string, args ...any) {
	p.tellPart(p.at(key), p.part(key, value), reason, format, args...)
}

// loseTree tells of each line of a pair.
func (p *netplan) loseTree(key, value *foreign.Node, reason Reason, format string, args ...any) {
	first := p.at(key)
	p.losePair(key, value, reason, format, args...)
	var walk func(n *foreign.Node, depth int)
	walk = func(n *foreign.Node, depth int) {
		if at := p.at(n); at.Line > first.Line+max(0, p.last[first]-first.Line) && p.fates[at] != Lost {
			p.tell(at, reason, "belongs to line %d", first.Line)
		}
		for _, c := range n.Content {
			if depth < 100 {
				walk(c, depth+1)
			}
		}
	}
	walk(value, 0)
}

// marked notes lines that have been of use without being a value.
func (p *netplan) marked(nodes ...*foreign.Node) {
	for _, n := range nodes {
		p.mark(Taken, p.at(n))
	}
}
