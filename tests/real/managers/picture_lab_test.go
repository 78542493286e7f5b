//go:build lab

package managers

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestMain makes the machine one that the managers' programs run on.
func TestMain(m *testing.M) {
	if _, err := os.Stat("/usr/sbin/ifup"); err != nil {
		fmt.Fprintln(os.Stderr, "no ifupdown in this machine; start the lab with --managers")
		os.Exit(1)
	}
	for file, text := range map[string]string{
		"/etc/passwd": "systemd-network:x:998:998::/:/bin/false\n", "/etc/group": "systemd-network:x:998:\n", // those as whom they run
		"/etc/machine-id": "0123456789abcdef0123456789abcdef\n", // what networkd makes its identifiers of
	} {
		f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err == nil {
			_, err = f.WriteString(text)
			err = errors.Join(err, f.Close())
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// nics is how many a host has.
const nics = 4

// namespace makes a host with bare NICs, whose far ends are up.
func namespace(t *testing.T, name string) {
	t.Helper()
	sh(t, "ip netns add "+name+" && ip netns exec "+name+" true")
	t.Cleanup(func() { exec.Command("ip", "netns", "del", name).Run() })
	var b strings.Builder
	b.WriteString("link set lo up\n")
	for i := range nics {
		fmt.Fprintf(&b, "link add eth%d address 02:00:5e:00:53:%02x type veth peer name far%d\nlink set far%d up\n", i, i, i, i)
	}
	cmd := exec.Command("ip", "-n", name, "-batch", "-")
	cmd.Stdin = strings.NewReader(b.String())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

func sh(t *testing.T, line string) string {
	t.Helper()
	out, err := exec.Command("sh", "-c", line).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", line, err, out)
	}
	return string(out)
}

// in runs a program in a namespace, with a mount namespace of its own.
func in(t *testing.T, ns, stdin string, argv ...string) string {
	t.Helper()
	cmd := exec.Command("ip", append([]string{"netns", "exec", ns}, argv...)...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %s: %v\n%s\n%s", ns, argv[0], err, out, stdin)
	}
	return string(out)
}

// picture is what a host's network is, a line for each fact, sorted.
func picture(t *testing.T, ns string) []string {
	t.Helper()
	var p lines
	for _, l := range query(t, ns, "ip -j -d addr") {
		p.link(l)
	}
	for _, family := range []string{"-4", "-6"} {
		for _, r := range query(t, ns, "ip -j "+family+" route show table all") {
			p.route(family, r)
		}
		for _, r := range query(t, ns, "ip -j "+family+" rule") {
			p.add("rule "+family, r, "priority", "not", "src", "srclen", "dst", "dstlen", "table", "fwmark", "fwmask", "iif", "action")
		}
	}
	for _, l := range query(t, ns, "bridge -j vlan") {
		for _, v := range list(l["vlans"]) {
			p.add(fmt.Sprintf("bridge vlan %v", l["ifname"]), v, "vlan", "vlanEnd", "flags")
		}
	}
	slices.Sort(p)
	return slices.Compact(p)
}

type object = map[string]any

func query(t *testing.T, ns, line string) (out []object) {
	t.Helper()
	words := strings.Fields(line)
	data, err := exec.Command(words[0], append([]string{"-n", ns}, words[1:]...)...).Output()
	if err != nil {
		t.Fatalf("%s: %s: %v", ns, line, err)
	}
	if len(strings.TrimSpace(string(data))) == 0 {
		return nil
	}
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatalf("%s: %v: %s", line, err, data)
	}
	return out
}

func list(v any) (out []object) {
	items, _ := v.([]any)
	for _, i := range items {
		if o, ok := i.(object); ok {
			out = append(out, o)
		}
	}
	return out
}

type lines []string

func (p *lines) add(what string, o object, keys ...string) {
	for _, k := range keys {
		if v, ok := o[k]; ok {
			what += fmt.Sprintf(" %s %v", k, v)
		}
	}
	*p = append(*p, what)
}

// running are facts of a link that nobody sets: counters, timers, what came of an election.
var running = strings.Fields(`active_slave ad_info bridge_id root_id root_port root_path_cost topology_change topology_change_detected hello_timer tcn_timer
	topology_change_timer gc_timer state mii_status link_failure_count perm_hwaddr ad_aggregator_id ad_actor_oper_port_state ad_actor_oper_port_state_str
	ad_partner_oper_port_state ad_partner_oper_port_state_str id no designated_port designated_cost designated_bridge designated_root hold_timer
	message_age_timer forward_delay_timer config_pending topology_change_ack fdb_n_learned multicast_router num_disputed`)

// link tells a link, its kind's options, its port's options, its addresses, a line each.
func (p *lines) link(l object) {
	name, _ := l["ifname"].(string)
	if name == "lo" || strings.HasPrefix(name, "far") {
		return
	}
	flags := fmt.Sprint(l["flags"])
	p.add("link "+name+fmt.Sprintf(" up %v", strings.Contains(flags, "UP ") || strings.HasSuffix(flags, "UP]") && !strings.HasSuffix(flags, "LOWER_UP]")), l, "mtu", "address", "master", "ifalias")
	if parent, ok := l["link"].(string); ok && !strings.HasPrefix(parent, "far") {
		p.add("link "+name+" on "+parent, l)
	}
	info, _ := l["linkinfo"].(object)
	for part, what := range map[string]string{"info_data": "", "info_slave_data": "port "} {
		data, _ := info[part].(object)
		for _, k := range slices.Sorted(maps.Keys(data)) {
			shortened := k == "ageing_time" && fmt.Sprint(data["stp_state"]) == "1" // while the topology changes, the kernel tells another one
			if !slices.Contains(running, k) && !shortened {
				*p = append(*p, fmt.Sprintf("link %s %s%s %v", name, what, k, data[k]))
			}
		}
	}
	for _, a := range list(l["addr_info"]) {
		if local, _ := a["local"].(string); strings.HasPrefix(local, "fe80:") {
			continue // it comes when the link has carrier; documents have none on what only carries others
		}
		if a["label"] == name {
			delete(a, "label")
		}
		if a["broadcast"] == lastOf(a["local"], a["prefixlen"]) { // ifupdown says so by itself, and the kernel has the route in any case
			delete(a, "broadcast")
		}
		p.add("address "+name, a, "local", "prefixlen", "address", "broadcast", "scope", "label", "preferred_life_time")
	}
}

// lastOf is the last address of an IPv4 network.
func lastOf(local, length any) string {
	p, err := netip.ParsePrefix(fmt.Sprintf("%v/%v", local, length))
	if err != nil || p.Addr().Is6() {
		return ""
	}
	b := p.Masked().Addr().As4()
	for bit := p.Bits(); bit < 32; bit++ {
		b[bit/8] |= 0x80 >> (bit % 8)
	}
	return netip.AddrFrom4(b).String()
}

// route tells a route that somebody has set. Who has, and how surely its next hop is on the link, is not of the network.
func (p *lines) route(family string, r object) {
	proto, _ := r["protocol"].(string)
	connected := proto == "kernel" && r["gateway"] == nil // with one it is ifupdown2's, which says so of its default routes
	if dst, _ := r["dst"].(string); connected || r["table"] == "local" || strings.HasPrefix(dst, "fe80:") || strings.HasPrefix(dst, "ff00:") {
		return
	}
	metrics, _ := json.Marshal(r["metrics"])
	p.add("route "+family, r, "type", "dst", "gateway", "dev", "table", "metric", "prefsrc", "scope")
	if string(metrics) != "null" && string(metrics) != "[{}]" {
		(*p)[len(*p)-1] += " " + string(metrics)
	}
}

// difference lists the lines that are in one picture only.
func difference(was, is []string) string {
	var b strings.Builder
	for _, l := range was {
		if !slices.Contains(is, l) {
			b.WriteString("-" + l + "\n")
		}
	}
	for _, l := range is {
		if !slices.Contains(was, l) {
			b.WriteString("+" + l + "\n")
		}
	}
	return b.String()
}
