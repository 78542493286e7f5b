//go:build lab

package kernel

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hostnet-module/module/attr"
	"hostnet-module/module/kind"
)

// The running kernel describes its own types (BTF, Documentation/bpf/btf.rst), the enumerations of its attributes among them. The
// tables are held against that: every number that the kernel knows is a row or is left out on purpose, and every row that says
// which kernel brought it is known by its constant exactly where it works.

// enumerations are those of the running kernel that start with one of these constants, each from its constant to its number.
func enumerations(t *testing.T, first ...string) map[string]map[string]uint32 {
	t.Helper()
	found := map[string]map[string]uint32{}
	base := readBTF(t, "vmlinux", nil)
	files := []*btf{base}
	for _, module := range []string{"bonding", "bridge", "8021q"} {
		files = append(files, readBTF(t, module, base))
	}
	for _, b := range files {
		b.enums(func(names []string, values map[string]uint32) {
			if slices.Contains(first, names[0]) && len(values) > len(found[names[0]]) {
				found[names[0]] = values
			}
		})
	}
	return found
}

type btf struct {
	types, strings []byte
	base           *btf
}

func readBTF(t *testing.T, name string, base *btf) *btf {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("/sys/kernel/btf", name))
	if err != nil {
		t.Fatal(err)
	}
	u := func(at int) int { return int(binary.NativeEndian.Uint32(b[at:])) }
	head := u(4) // struct btf_header: magic, version, flags, hdr_len, type_off, type_len, str_off, str_len
	return &btf{b[head+u(8):][:u(12)], b[head+u(16):][:u(20)], base}
}

func (b *btf) text(at uint32) string {
	if b.base != nil {
		if int(at) < len(b.base.strings) {
			return b.base.text(at)
		}
		at -= uint32(len(b.base.strings))
	}
	text, _, _ := strings.Cut(string(b.strings[at:min(int(at)+128, len(b.strings))]), "\x00")
	return text
}

// enums calls f for every enumeration.
func (b *btf) enums(f func(names []string, values map[string]uint32)) {
	for at := 0; at+12 <= len(b.types); {
		info := binary.NativeEndian.Uint32(b.types[at+4:])
		kind, n := info>>24&0x1f, int(info&0xffff)
		at += 12
		if kind == 6 && n > 0 { // BTF_KIND_ENUM
			var names []string
			values := map[string]uint32{}
			for i := range n {
				name := b.text(binary.NativeEndian.Uint32(b.types[at+8*i:]))
				names, values[name] = append(names, name), binary.NativeEndian.Uint32(b.types[at+8*i+4:])
			}
			f(names, values)
		}
		switch kind {
		case 1, 14, 17: // INT, VAR, DECL_TAG
			at += 4
		case 3: // ARRAY
			at += 12
		case 4, 5, 15, 19: // STRUCT, UNION, DATASEC, ENUM64
			at += 12 * n
		case 6, 13: // ENUM, FUNC_PROTO
			at += 8 * n
		}
	}
}

// leftOut are attributes that are no rows, and why.
var leftOut = map[string]string{
	"IFLA_BOND_AD_INFO": "a nest; what is in it are rows",
	"IFLA_BR_ROOT_ID":   "spanning tree's state", "IFLA_BR_BRIDGE_ID": "spanning tree's state", "IFLA_BR_ROOT_PORT": "spanning tree's state",
	"IFLA_BR_ROOT_PATH_COST": "spanning tree's state", "IFLA_BR_TOPOLOGY_CHANGE": "spanning tree's state",
	"IFLA_BR_TOPOLOGY_CHANGE_DETECTED": "spanning tree's state", "IFLA_BR_HELLO_TIMER": "runs", "IFLA_BR_TCN_TIMER": "runs",
	"IFLA_BR_TOPOLOGY_CHANGE_TIMER": "runs", "IFLA_BR_GC_TIMER": "runs", "IFLA_BR_FDB_FLUSH": "an action",
	"IFLA_BR_MCAST_HASH_ELASTICITY": "means nothing since 4.20", "IFLA_BR_PAD": "padding", "IFLA_BR_MCAST_QUERIER_STATE": "runs", "IFLA_BR_FDB_N_LEARNED": "runs",
	"IFLA_BRPORT_LEARNING_SYNC": "of hardware switches (self) only", "IFLA_BRPORT_ROOT_ID": "spanning tree's state", "IFLA_BRPORT_BRIDGE_ID": "spanning tree's state",
	"IFLA_BRPORT_DESIGNATED_PORT": "spanning tree's state", "IFLA_BRPORT_DESIGNATED_COST": "spanning tree's state", "IFLA_BRPORT_ID": "a name",
	"IFLA_BRPORT_NO": "a name", "IFLA_BRPORT_TOPOLOGY_CHANGE_ACK": "spanning tree's state", "IFLA_BRPORT_CONFIG_PENDING": "spanning tree's state",
	"IFLA_BRPORT_MESSAGE_AGE_TIMER": "runs", "IFLA_BRPORT_FORWARD_DELAY_TIMER": "runs", "IFLA_BRPORT_HOLD_TIMER": "runs", "IFLA_BRPORT_FLUSH": "an action",
	"IFLA_BRPORT_PAD": "padding", "IFLA_BRPORT_MRP_RING_OPEN": "state of MRP", "IFLA_BRPORT_MRP_IN_OPEN": "state of MRP",
	"IFLA_BRPORT_MCAST_EHT_HOSTS_CNT": "runs", "IFLA_BRPORT_MCAST_N_GROUPS": "runs",
}

// TestTablesAreComplete: every attribute that the kernel's headers number has a row, with that number.
func TestTablesAreComplete(t *testing.T) {
	found := enumerations(t, "IFLA_BOND_UNSPEC", "IFLA_BOND_SLAVE_UNSPEC", "IFLA_BOND_AD_INFO_UNSPEC", "IFLA_BR_UNSPEC", "IFLA_BRPORT_UNSPEC", "IFLA_VLAN_UNSPEC")
	for first, rows := range map[string]attr.Table{
		"IFLA_BOND_UNSPEC": kind.Bond.Rows, "IFLA_BOND_SLAVE_UNSPEC": kind.Bond.Port, "IFLA_BOND_AD_INFO_UNSPEC": kind.Bond.Rows,
		"IFLA_BR_UNSPEC": kind.Bridge.Rows, "IFLA_BRPORT_UNSPEC": kind.Bridge.Port, "IFLA_VLAN_UNSPEC": kind.VLAN.Rows} {
		if len(found[first]) == 0 {
			t.Errorf("the kernel describes no %s", first)
		}
		for name, number := range found[first] {
			has := slices.ContainsFunc(rows, func(r *attr.Row) bool {
				return uint32(r.Num) == number && (r.Nest != 0) == (first == "IFLA_BOND_AD_INFO_UNSPEC")
			})
			if number > 0 && !has && leftOut[name] == "" && !strings.HasPrefix(name, "__") {
				t.Errorf("no row for %s = %d", name, number)
			}
		}
		for _, r := range rows {
			if number, known := found[first][r.Since.Name]; known && r.Type != attr.Bit && number != uint32(r.Num) {
				t.Errorf("%s is %d in the kernel and %d in our row %s", r.Since.Name, number, r.Num, r.Name)
			}
		}
	}
	bits := enumerations(t, "BR_BOOLOPT_NO_LL_LEARN")["BR_BOOLOPT_NO_LL_LEARN"]
	for name, bit := range bits {
		if !slices.ContainsFunc(kind.Bridge.Rows, func(r *attr.Row) bool { return r.Num == 46 && r.Bit == 1<<bit }) && name != "BR_BOOLOPT_MAX" {
			t.Errorf("no row for %s = %d", name, bit)
		}
	}
}
