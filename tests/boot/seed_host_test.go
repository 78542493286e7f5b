//go:build labhost

package boot

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// takeover is the document on a guest's disk: it would have the host's cards, and nothing of what the host has.
const takeover = "prune: true\nbridges:\n  - {name: guests, ports: [{mac: \"" + mac0 + "\"}]}\n"

// deviceMapper is the kernel's module of that name, which the machine's disk lacks.
func deviceMapper(t *testing.T) string {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(cache(t), "kernel-12/lib/modules/*/kernel/drivers/md/dm-mod.ko*"))
	if len(files) != 1 {
		t.Fatalf("device-mapper's module: %v", files)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestStrangersDisk: a disk with the label CIDATA beside a host with a kept document: it is not read. Nor, where nothing is kept, is a mapped device over
// it, the disk below that, or a partition of a loop device. And where the host asks for disks, what stands on it takes nothing away.
func TestStrangersDisk(t *testing.T) {
	t.Parallel()
	m := start(t, "12", with(map[string]string{kept: classic, "/root/dm-mod.ko": deviceMapper(t)}), "--cidata", folder(t, map[string]string{"meta-data": metaData, "hostnet.yaml": takeover}))
	m.up()
	m.classic()
	was := m.network()
	again := "rm -rf /run/hostnet; systemctl reset-failed hostnet.service; systemctl restart hostnet.service; journalctl -b -u hostnet.service --no-pager -o cat | tail -40"
	holds := func(where, out string, words ...string) {
		t.Helper()
		if now := m.network(); now != was {
			t.Errorf("%s: the network is\n%s\nand was\n%s", where, now, was)
		}
		for _, w := range words {
			if !strings.Contains(out, w) {
				t.Errorf("%s: no %q in\n%s", where, w, out)
			}
		}
	}
	holds("kept document", m.run("journalctl -b -u hostnet.service --no-pager -o cat"), "the CIDATA disk (/dev/vdb", "is not read: a document is kept")

	m.run(`set -e; insmod /root/dm-mod.ko; dmsetup create guest --table "0 $(blockdev --getsz /dev/vdb) linear /dev/vdb 0"
truncate -s 8M /root/guest.img; echo 'start=2048, type=c' | sfdisk -q /root/guest.img; dd if=/dev/vdb of=/root/guest.img bs=1M seek=1 conv=notrunc status=none
losetup -P -f /root/guest.img; udevadm settle; blkid -p -o value -s LABEL /dev/mapper/guest /dev/loop0p1; rm -r /etc/hostnet`)
	holds("mapped device", m.run(again), "no document: nothing to bring up")

	// Asked for, it is tried and refused; the console says so.
	m.put(kept, classic)
	m.put("/etc/hostnet/seed", "cidata\n")
	from := len(m.console())
	m.run("dmsetup remove guest; losetup -D")
	holds("asked for", m.run(again), "would be moved from bond0 to guests", "prune: true would remove", kept+" was brought up instead")
	m.awaitConsole(from, "the CIDATA disk/hostnet.yaml came with the machine and is new")

	// The same disk is this machine's seed where nothing speaks against it.
	m.run("rm -r /etc/hostnet")
	m.run(again)
	if out := m.run("cat /run/hostnet/result.json"); !strings.Contains(out, `"source":"the CIDATA disk/hostnet.yaml","fallback":false`) {
		t.Errorf("%.500s", out)
	}
}
