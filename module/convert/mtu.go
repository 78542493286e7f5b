package convert

import (
	"fmt"

	"hostnet-module/module/foreign"
	"hostnet-module/module/kind"
)

// usualMTU is what ifupdown2 gives bonds and bridges that do not say it, whatever their ports have (addons/address.py,
// _process_mtu_config_mtu_none).
const usualMTU = "1500"

// mtus has the MTUs as ifupdown2 leaves them. Members of a bond get the bond's when they join; a bridge without one gets the usual one
// and does not follow its ports any more.
func (e *eni) mtus() {
	if !e.two {
		e.portMTUs()
		return
	}
	for _, b := range e.objects {
		if b.kind != kind.Bond {
			continue
		}
		want := b.text("mtu")
		if want == "" {
			want = usualMTU
		}
		for _, p := range b.ports {
			name, _ := p.value.(string)
			if m := e.find(name); m != nil && m.text("mtu") != "" && m.text("mtu") != want {
				e.refuse(m.option("mtu"), Conflict, "%s gives its members its own MTU, %s; give %s the MTU", b.name, want, b.name)
			}
		}
	}
	var fixed []string
	for _, b := range e.objects {
		if b.kind != kind.Bridge || b.option("mtu") != nil {
			continue
		}
		for _, p := range b.ports {
			name, _ := p.value.(string)
			if from := e.otherMTU(name, 0); from != nil {
				b.options = append(b.options, &entry{key: "mtu", value: usualMTU, from: from})
				fixed = append(fixed, b.name)
				break
			}
		}
	}
	if len(fixed) > 0 {
		e.advice = append(e.advice, fmt.Sprintf("%s: ifupdown2 gives a bridge without mtu %s, whatever its ports have", some(fixed), usualMTU))
	}
}

// otherMTU are the lines that give a link another MTU than the usual one: its own, or that of the link that it stands on; nil if none does.
func (e *eni) otherMTU(name string, depth int) []foreign.Pos {
	o := e.find(name)
	parent := ""
	if o != nil {
		if m := o.option("mtu"); m != nil {
			if m.value == usualMTU {
				return nil
			}
			return m.from
		}
		if o.kind == kind.Bond || o.kind == kind.Bridge {
			return nil
		}
		if o.parent != nil {
			parent, _ = o.parent.value.(string)
		}
	}
	if above, _, ok := dotted(name); ok && parent == "" {
		parent = above
	}
	if parent == "" || depth > 8 {
		return nil
	}
	return e.otherMTU(parent, depth+1)
}
