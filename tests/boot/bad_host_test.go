//go:build labhost

package boot

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"hostnet-module/tests/bad"
)

// userData is user-data with a document, right or wrong.
func userData(document string) string {
	return "#cloud-config\nhostnet:\n  " + strings.ReplaceAll(strings.TrimRight(document, "\n"), "\n", "\n  ") + "\n"
}

// TestBadUserData boots a container with each bad document in its user-data, first without a document that has worked, then with one: it
// boots, has what others make of the network, or what worked last, and says what was wrong, and where, in the journal and on the console.
func TestBadUserData(t *testing.T) {
	const other = "auto br9\niface br9 inet manual\n pre-up ip link add br9 type bridge || true\n up ip link set br9 up\n"
	texts := slices.Sorted(maps.Keys(bad.Documents()))
	if len(texts) < 40 {
		t.Fatalf("only %d", len(texts))
	}
	c := newContainer(t, "13", map[string]string{seed + "meta-data": metaData, "/etc/network/interfaces.d/other": other})
	for _, last := range []struct{ document, network, word string }{
		{"", "br9", "the network is what it would be without hostnet"},
		{plain, "192.0.2.10/24", kept + " was brought up instead"},
	} {
		if last.document != "" {
			c.put(kept, last.document)
		}
		for _, text := range texts {
			c.put(seed+"user-data", userData(text))
			c.boot()
			c.want("ip -br addr", 0, last.network)
			c.want("systemctl is-active multi-user.target network-online.target networking.service", 0)
			journal, _ := c.try("journalctl -b -u hostnet.service --no-pager -o cat")
			for where, said := range map[string]string{"journal": journal, "console": c.console()} {
				for _, word := range []string{seed + "user-data:", bad.Documents()[text], last.word} {
					if !strings.Contains(said, word) {
						t.Errorf("%s: the %s does not say %q but\n%s", text, where, word, said)
					}
				}
			}
			if last.document != "" {
				c.want("cat "+kept, 0, last.document)
			}
			c.end()
		}
	}
	t.Logf("%d bad documents, each in two boots", len(texts))
}

// TestBadFirstBoot: a machine whose first document is wrong has the network that cloud-init makes, until the document is right; and when
// that is wrong again, what worked last.
func TestBadFirstBoot(t *testing.T) {
	const wrong = "bonds: [{name: bond0, mode: quick}]\n"
	releases := []string{"12"}
	if all {
		releases = append(releases, "13", "newest")
	}
	for _, release := range releases {
		t.Run(release, func(t *testing.T) {
			t.Parallel()
			m := launch(t, release, image(t, with(map[string]string{seed + "meta-data": metaData, seed + "user-data": userData(wrong),
				seed + "network-config": "version: 2\nethernets:\n  lan:\n    match: {macaddress: \"" + mac0 + "\"}\n    addresses: [192.0.2.77/24]\n"})), []string{mac0, mac1, peer})
			m.settle()
			if out := m.run("ip -br addr"); !strings.Contains(out, "192.0.2.77/24") {
				t.Errorf("not cloud-init's network:\n%s", out)
			}
			m.complains(0, "bonds[0].mode", "the network is what it would be without hostnet")
			m.put(seed+"user-data", userData(classic))
			m.run("hostnet-module enable-boot --own-network")
			m.restart()
			if out := m.run("cat /run/hostnet/result.json"); !strings.Contains(out, `"source":"`+seed+`user-data","fallback":false`) {
				t.Errorf("%.300s", out)
			}
			m.classic()
			was := m.network()
			m.put(seed+"user-data", userData(wrong))
			from := len(m.console())
			m.restart()
			m.complains(from, "bonds[0].mode", kept+" was brought up instead")
			if now := m.network(); now != was {
				t.Errorf("the network is\n%s\nand was\n%s", now, was)
			}
		})
	}
}

// complains looks for words about the user-data in the journal of this boot and on the console.
func (m *machine) complains(from int, words ...string) {
	m.t.Helper()
	m.awaitConsole(from, words[len(words)-1])
	for where, said := range map[string]string{"journal": m.run("journalctl -b -u hostnet.service --no-pager -o cat"), "console": m.console()[from:]} {
		for _, w := range append(words, seed+"user-data:3:") {
			if !strings.Contains(said, w) {
				m.t.Errorf("the %s does not say %q but\n%s", where, w, said)
			}
		}
	}
}

// TestKilledOverSeed: a process that is killed over a document that came with the machine, whatever by, leaves the host with what is kept; and
// one that needs more memory than it may have is not read at all.
func TestKilledOverSeed(t *testing.T) {
	c := newContainer(t, "13", map[string]string{kept: plain, seed + "meta-data": metaData, seed + "user-data": "#cloud-config\n{}\n"})
	c.boot()
	c.works(0, kept)
	for _, kill := range []string{"kill -9 $pid", "kill -SEGV $pid", "kill -ABRT $pid"} {
		c.put(seed+"hostnet.yaml", "bridges: [{name: vlan32, ports: [nic9]}]\n") // a card to wait for, half a minute
		c.want(`ip link del vlan16; ip link del vlan48; rm -rf /run/hostnet; systemctl reset-failed hostnet.service
systemctl restart --no-block hostnet.service
until [ -e /run/hostnet/trying ]; do sleep 0.1; done; pid=$(systemctl show -p MainPID --value hostnet.service)
`+kill+`
while [ $(systemctl show -p ActiveState --value hostnet.service) != failed ]; do sleep 0.1; done`, 0)
		c.want("ip -br addr; cat /run/hostnet/result.json", 0, "192.0.2.10/24", "vlan48", `"source":"`+kept+`","fallback":true`)
		if c.t.Failed() {
			out, _ := c.try("journalctl -b -u hostnet.service --no-pager | tail -40")
			t.Fatalf("%s:\n%s", kill, out)
		}
		c.want("journalctl -b -u hostnet.service --no-pager -o cat", 0, "its try came to no end", kept+" was brought up instead")
	}
	c.want("for u in hostnet hostnet-late hostnet-wait-online hostnet-cloud-init; do systemd-analyze security --no-pager $u.service | tail -1; done", 0, "OK")
}
