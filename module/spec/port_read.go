package spec

import (
	"fmt"
	"strconv"
	"strings"

	"hostnet-module/module/kind"
)

// readPorts reads the members or ports of an object: nil if they are not given, empty if the list is.
func readPorts(w *walker, p place, k *kind.Kind) []Port {
	items, ok := w.list(p)
	if !ok {
		return nil
	}
	return readEach(w, items, func(w *walker, p place) (Port, bool) { return readPort(w, p, k) })
}

// portFields are the keys of a port that are no rows.
var portFields = []field[Port]{
	textField("name", "the link's name", nameForm, func(to *Port) *string { return &to.Name }),
	{"mac", "the NIC's permanent MAC, else its current one", macForm, func(w *walker, to *Port, p place) {
		if text, ok := w.mac(p); ok {
			to.MAC = w.parseMAC(p, text)
		}
	}},
	{"path", "the path of its hardware as udev writes it (ID_PATH), like pci-0000:03:00.0", textForm(0), func(w *walker, to *Port, p place) {
		to.HW, _ = w.word(p)
	}},
	listField("vlans", "the VLANs of the port, exactly; without the key they are left as they are", vlanItem, readVLAN, func(to *Port, list []VLAN) { to.VLANs = list }),
}

// readPort reads one member or port: a name, or an object.
func readPort(w *walker, p place, k *kind.Kind) (Port, bool) {
	to := Port{Path: p.path()}
	if n := p.node; n.shape != objectShape && (n.shape != textShape || !startsWith(n.text, '{')) {
		return to, readPortName(w, p, &to)
	}
	before := len(w.problems)
	ok := w.object(p, "name, mac or path, and options", func(key string, at place) bool {
		f, found := lookup(portFields, key)
		if !found {
			return readRow(w, &to.Attrs, k.Port.Row(key), at)
		}
		if key == "vlans" && !k.Bridging {
			return false
		}
		if !at.node.omitted() {
			f.read(w, &to, at)
		}
		return true
	}, func() []string { return append(fieldKeys(portFields), rowKeys(k.Port)...) })
	if !ok {
		return to, false
	}
	given := 0
	for _, s := range []string{to.Name, to.MAC, to.HW} {
		if s != "" {
			given++
		}
	}
	if given != 1 && len(w.problems) == before {
		w.add(p, ErrMissing, "", "exactly one of name, mac and path must say which link it is")
	}
	return to, given == 1
}

func readPortName(w *walker, p place, to *Port) bool {
	if p.node.missing() {
		w.fault(p, ErrValue, "", "must be the name of a link")
		return false
	}
	if p.node.shape == numberShape && base60(p.node.text) != "" {
		w.fault(p, ErrType, `write {mac: "`+base60(p.node.text)+`"}`, "must be the name of a link")
		return false
	}
	text, ok := w.text(p)
	if hw, err := kind.MAC.Parse(text); ok && err == nil {
		w.fault(p, ErrValue, `write {mac: "`+kind.MAC.Text(hw)+`"}`, "must be the name of a link")
		return false
	}
	to.Name = text
	return ok
}

func (w *walker) parseMAC(p place, text string) string {
	v, err := kind.MAC.Parse(text)
	if err != nil {
		w.fault(p, ErrValue, "", "%s", bare(err.Error()))
		return ""
	}
	return kind.MAC.Text(v)
}

// base60 is the MAC that YAML 1.1 made a number of, or "".
func base60(text string) string {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n < 10*60*60*60*60*60 {
		return ""
	}
	parts := make([]string, 6)
	for i := len(parts) - 1; i > 0; i-- {
		parts[i] = fmt.Sprintf("%02d", n%60)
		n /= 60
	}
	if n > 99 {
		return ""
	}
	parts[0] = fmt.Sprintf("%02d", n)
	return strings.Join(parts, ":")
}
