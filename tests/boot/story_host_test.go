//go:build labhost

package boot

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"hostnet-module/tests/bad"

	"hostnet-module/tests/await"
)

// TestStory is Debian 12 from the first boot on: a card that is missing and comes late, other names, a power cut, bad documents.
func TestStory(t *testing.T) {
	t.Parallel()
	three := strings.Replace(classic, `{mac: "`+mac0+`"}, {mac: "`+mac1+`"}`, `{path: "`+path0+`"}, {mac: "`+mac1+`"}, {mac: "`+mac2+`"}`, 1)
	m := start(t, "12", with(map[string]string{seed + "meta-data": metaData, seed + "user-data": "#cloud-config\n{}\n", seed + "hostnet.yaml": three}), "--nic", mac2+",late")
	m.up()
	m.firstBoot(seed + "hostnet.yaml")
	m.lateCard()
	m.ansible()
	was := m.network()
	m.otherNames("lan9", "wan1", "wan2")
	m.laterBoot(was)
	m.otherNames("wan1", "wan2", "lan9")
	m.laterBoot(was)
	m.powerCuts(1)
	m.badDocuments()
	if all {
		m.uninstall()
	}
}

// uninstall leaves nothing on the disk, and the next boot is one without us.
func (m *machine) uninstall() {
	m.t.Helper()
	m.run("rm -r " + seed + "hostnet.yaml; hostnet-module uninstall")
	if out, _ := m.try(await.Long, "find / -xdev -name '*hostnet*' -not -path '/proc/*' -not -path '/run/*' -not -path '/root/*' -not -path '/var/log/*'"); out != "" {
		m.t.Errorf("left:\n%s", out)
	}
	m.reboot()
	if out, code := m.try(await.Long, "ls -d /sys/class/net/bond0 /run/hostnet"); code == 0 {
		m.t.Errorf("still there: %s", out)
	}
}

// lateCard: the bond has come up without its third card; it joins when it is plugged in.
func (m *machine) lateCard() {
	m.t.Helper()
	if out := m.link("bond0", "bonding/slaves"); len(strings.Fields(out)) != 2 {
		m.t.Errorf("members: %s", out)
	}
	if !strings.Contains(m.console(), "network card {mac: "+mac2+"} is not there") {
		m.t.Errorf("the console does not say what is missing")
	}
	m.run("systemctl is-active hostnet-late.service")
	m.plug(3, mac2)
	m.await("the late card is a member", "test $(wc -w </sys/class/net/bond0/bonding/slaves) = 3")
	m.await("nothing is waited for any more", "! systemctl is-active hostnet-late.service && test ! -e /run/hostnet/missing")
}

// ansible lays a task's document over what boots, in the way that Ansible runs a binary module: a copy of the program under another name, an
// arguments file, and both gone afterwards.
func (m *machine) ansible() {
	m.t.Helper()
	const dir = "/root/.ansible/tmp/x"
	m.run("mkdir -p " + dir + "; cp /usr/local/sbin/hostnet-module " + dir + "/AnsiballZ_hostnet")
	for _, row := range []struct{ check, want string }{
		{"true", `"kind":"boot","name":"` + kept + `","changed":true,"action":"update"`},
		{"false", `"kind":"boot","name":"` + kept + `","changed":true,"action":"update"`},
		{"false", `"changed":false`},
	} {
		m.put(dir+"/args", `{"vlans": [{"name": "bond0.99", "parent": "bond0", "id": 99}], "_ansible_check_mode": `+row.check+`}`)
		if out := m.run(dir + "/AnsiballZ_hostnet " + dir + "/args"); !strings.Contains(out, row.want) {
			m.t.Errorf("check %s: no %s in %s", row.check, row.want, out)
		}
	}
	m.run("rm -r " + dir)
}

func (m *machine) await(what, script string) {
	m.t.Helper()
	// One process in the machine that waits is cheaper than many that look.
	if out, code := m.try(bootTime, "for i in $(seq 3000); do if "+script+"; then exit 0; fi >/dev/null 2>&1; sleep 0.2; done; journalctl -b -u 'hostnet*' --no-pager | tail -20; exit 1"); code != 0 {
		m.t.Fatalf("not so: %s\n%s", what, out)
	}
}

// otherNames boots with other names for the cards.
func (m *machine) otherNames(names ...string) {
	m.t.Helper()
	for i, mac := range []string{mac0, mac1, mac2} {
		m.put(fmt.Sprintf("/etc/systemd/network/10-card%d.link", i), "[Match]\nPermanentMACAddress="+mac+"\n[Link]\nName="+names[i]+"\n")
	}
	m.reboot()
	for i, mac := range []string{mac0, mac1, mac2} {
		if out := m.link(names[i], "bonding_slave/perm_hwaddr"); out != mac {
			m.t.Errorf("%s is the card %s, not %s", names[i], out, mac)
		}
	}
	if out := m.link("bond0", "bonding/slaves"); len(strings.Fields(out)) != 3 {
		m.t.Errorf("members: %s", out)
	}
}

// powerCuts cuts the power while runs keep one document and the other in turn: it is the one or the other that is on the disk.
func (m *machine) powerCuts(times int) {
	m.t.Helper()
	m.put("/root/a.yaml", "bridges: [{name: vlan48, description: one}]\n")
	m.put("/root/b.yaml", "bridges: [{name: vlan48, description: two}]\n")
	want := map[string]bool{}
	for _, name := range []string{"b", "a"} {
		m.run("hostnet-module --format json /root/" + name + ".yaml")
		want[m.run("cat "+kept)] = true
	}
	if len(want) != 2 {
		m.t.Fatalf("documents kept: %v", want)
	}
	for n := range times {
		m.run("sync; setsid sh -c 'while :; do hostnet-module /root/a.yaml; hostnet-module /root/b.yaml; done' >/dev/null 2>&1 </dev/null &")
		time.Sleep(time.Duration(1500+317*n) * time.Millisecond)
		m.cut()
		got := m.run("cat " + kept)
		if !want[got] {
			m.t.Errorf("cut %d: neither the one nor the other:\n%s", n, got)
		}
		if out := m.run("hostnet-module --check --format json " + kept); !strings.Contains(out, `"changed":false`) {
			m.t.Errorf("cut %d: the network is not what is on the disk: %.2000s", n, out)
		}
		m.t.Logf("cut %d: %s", n, strings.TrimSpace(m.run("grep description "+kept)))
	}
}

// TestPowerCuts: more of them, each at another moment.
func TestPowerCuts(t *testing.T) {
	if !all {
		return // one is in the story
	}
	t.Parallel()
	m := start(t, "12", with(map[string]string{kept: classic}))
	m.up()
	m.powerCuts(5)
}

// badDocuments lays documents that are wrong beside the seed and boots our part with each: the last good network, a word in the journal
// and one on the console.
func (m *machine) badDocuments() {
	m.t.Helper()
	texts := slices.Sorted(maps.Keys(bad.Documents()))
	if !all {
		texts = []string{texts[0], texts[len(texts)/4], texts[len(texts)/2], texts[3*len(texts)/4], texts[len(texts)-1]}
	}
	words := bad.Documents()
	// Nothing is wrong with these but what the machine has, and what is kept.
	for text, word := range map[string]string{
		"bonds: [{name: bond7, members: [nic8, nic9]}]":    "none of the network cards that it needs for some of it is there: nic8, nic9",
		"vlans: [{name: bond0.17, parent: bond0, id: 16}]": "together with " + kept + " it contradicts itself",
	} {
		words[text] = word
		texts = append(texts, text)
	}
	was := m.network()
	for _, text := range texts {
		m.put(seed+"hostnet.yaml", text)
		before := len(m.console())
		out := m.run("ip link del bond0; for b in vlan16 vlan32 vlan48; do ip link del $b; done; rm -rf /run/hostnet; systemctl reset-failed hostnet.service; systemctl restart hostnet.service; journalctl -b -u hostnet.service --no-pager -o cat | tail -30")
		if now := m.network(); now != was {
			m.t.Errorf("%s: the network is\n%s\nand was\n%s", text, now, was)
		}
		m.awaitConsole(before, kept+" was brought up instead")
		for where, said := range map[string]string{"journal": out, "console": m.console()[before:]} {
			if !strings.Contains(said, seed+"hostnet.yaml:") || !strings.Contains(said, words[text]) {
				m.t.Errorf("%s: the %s says\n%s", text, where, said)
			}
		}
	}
	m.t.Logf("%d bad documents", len(texts))
	m.put(seed+"hostnet.yaml", texts[0])
	m.reboot()
	if now := m.network(); now != was {
		m.t.Errorf("after a boot with a bad document the network is\n%s\nand was\n%s", now, was)
	}
}

// awaitConsole waits until the emulated serial line has passed on what was written to it.
func (m *machine) awaitConsole(from int, text string) {
	m.t.Helper()
	if !await.Until(await.Long, func() bool { return strings.Contains(m.console()[from:], text) }) {
		m.t.Errorf("the console does not say %q but\n%s", text, m.console()[from:])
	}
}
