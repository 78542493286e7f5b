package cloudinit

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hostnet-module/module/persist"
)

const multipartUserData = "Content-Type: multipart/mixed; boundary=\"==b==\"\nMIME-Version: 1.0\n\n--==b==\nContent-Type: text/cloud-config; charset=\"us-ascii\"\n\n#cloud-config\n{}\n" +
	"--==b==\nContent-Type: text/x-hostnet\nMIME-Version: 1.0\n\n%s\n--==b==--\n"

// nested is a message with a part in a part, in base64.
func nested(kind, text string) string {
	inner := "Content-Type: multipart/mixed; boundary=\"in\"\n\n--in\nContent-Type: " + kind + "\nContent-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString([]byte(text)) + "\n--in--\n"
	return "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"out\"\n\n--out\nContent-Type: text/x-shellscript\n\n#!/bin/sh\n--out\n" + inner + "\n--out--\n"
}

func packed(text string) string {
	var b bytes.Buffer
	to := gzip.NewWriter(&b)
	io.WriteString(to, text)
	to.Close()
	return b.String()
}

// channels are the ways in which a document comes with a machine, before the network.
func channels() map[string]map[string]string {
	const seed = "/var/lib/cloud/seed/nocloud/"
	under := "local-hostname: x\nhostnet:\n" + indented(classic, "  ")
	return map[string]map[string]string{
		"/etc/hostnet":       {persist.Document: classic},
		"beside the seed":    {seed + "hostnet.yaml": classic, seed + "user-data": "#cloud-config\nhostnet: [junk]\n"},
		"in JSON":            {"/var/lib/cloud/seed/nocloud-net/hostnet.json": `{"bonds": [{"name": "bond0", "members": ["eth0", "eth1"]}], "segments": [{"id": 16, "parent": "bond0", "bridge": "vlan16"}]}`},
		"meta-data":          {seed + "meta-data": under},
		"vendor-data":        {seed + "meta-data": "local-hostname: x\n", seed + "vendor-data": "#cloud-config\n" + under},
		"user-data":          {seed + "user-data": "#cloud-config\n" + under},
		"a MIME part":        {seed + "user-data": fmt.Sprintf(multipartUserData, classic)},
		"a packed MIME part": {seed + "user-data": packed(fmt.Sprintf(multipartUserData, classic))},
		"packed user-data":   {seed + "user-data": packed("#cloud-config\n" + under)},
		"a part's key":       {seed + "user-data": nested("text/cloud-config", "#cloud-config\n"+under)},
		"a packed part":      {seed + "user-data": nested("application/gzip", packed("#cloud-config\n"+under))},
		"a named seed":       {"/proc/cmdline": "quiet ds=nocloud;i=x;s=file:///srv/seed/ ro\n", "/srv/seed/user-data": "#cloud-config\n" + under, seed + "hostnet.yaml": "bonds: [junk]"},
		"instance data":      {"/run/cloud-init/instance-data.json": `{"ds": {"meta_data": {"hostnet": {"bonds": [{"name": "bond0", "members": ["eth0", "eth1"]}], "segments": [{"id": 16, "parent": "bond0", "bridge": "vlan16"}]}}}}`},
		"system config":      {"/etc/cloud/cloud.cfg.d/50-x.cfg": under, "/etc/cloud/cloud.cfg.d/10-y.cfg": "hostnet: junk\n"},
		"command line":       {"/proc/cmdline": "quiet hostnet.config=/srv/x.yaml\n", "/srv/x.yaml": classic, persist.Document: "bonds: [{name: other}]"},
	}
}

func TestChannels(t *testing.T) {
	for name, files := range channels() {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t, files)
			if told := m.told(0); told.Fallback || told.Source == "" || m.console.Len() > 0 {
				t.Errorf("got %+v\n%s", told, m.console.String())
			}
			m.has("bond0: bond up", "vlan16: bridge up", "eth1: master bond0 up")
			// It comes back although what it came with is gone.
			if name == "command line" || name == "/etc/hostnet" {
				return
			}
			os.RemoveAll(filepath.Join(m.boot.Host.Root, "var/lib/cloud"))
			os.RemoveAll(filepath.Join(m.boot.Host.Root, "etc/cloud"))
			m.restart()
			if told := m.told(0); told.Source != persist.Document || told.Fallback {
				t.Errorf("second boot: %+v", told)
			}
			m.has("vlan16: bridge up")
		})
	}
}

func TestSeedfrom(t *testing.T) {
	for words, want := range map[string]string{
		"":                                "",
		"ro ds=nocloud":                   "",
		"ds=nocloud;s=/srv/seed/":         "/srv/seed",
		"ds=nocloud;h=x;s=file:///a/b ro": "/a/b",
		"ds=nocloud-net;seedfrom=/a":      "/a",
		"ds=nocloud;s=http://192.0.2.1/":  "",
		"ds=nocloud;s=a":                  "",
		"ds=nocloudy;s=/a":                "",
		"xds=nocloud;s=/a":                "",
	} {
		if got := seedfrom(words); got != want {
			t.Errorf("%s: %q, want %q", words, got, want)
		}
	}
}

func TestDisk(t *testing.T) {
	m := newMachine(t, nil)
	m.boot.Disk = func() func(string) []byte {
		return func(name string) []byte { return map[string][]byte{"hostnet.yaml": []byte(classic)}[name] }
	}
	if told := m.told(0); told.Source != "the CIDATA disk/hostnet.yaml" {
		t.Errorf("got %+v", told)
	}
	m.has("vlan48: bridge up")
}

// TestSlowDisk: the disk with the seed comes while udev is still at work.
func TestSlowDisk(t *testing.T) {
	m := newMachine(t, map[string]string{"/run/udev/queue": ""})
	m.lay("/run/udev/queue", "")
	there := false
	m.boot.Disk = func() func(string) []byte {
		if !there {
			return nil
		}
		return func(name string) []byte { return map[string][]byte{"hostnet.yaml": []byte(classic)}[name] }
	}
	m.event = func() {
		there = true
		os.Remove(filepath.Join(m.boot.Host.Root, "/run/udev/queue"))
	}
	if told := m.told(0); told.Source != "the CIDATA disk/hostnet.yaml" {
		t.Errorf("got %+v", told)
	}
}

func TestNothing(t *testing.T) {
	m := newMachine(t, map[string]string{"/var/lib/cloud/seed/nocloud/user-data": "#cloud-config\npackages: [vim]\n", "/var/lib/cloud/seed/nocloud/meta-data": "{ broken"})
	if told := m.told(0); told.Source != "" || len(told.Refused) > 0 || len(m.kernel.Sent) > 0 {
		t.Errorf("got %+v", told)
	}
}

// TestNetworkConfig: cloud-init's own description of the network is a source when that is asked for, and what is left of it is told.
func TestNetworkConfig(t *testing.T) {
	const text = "version: 2\nethernets:\n  eth0: {}\n  eth1: {}\nbonds:\n  bond0:\n    interfaces: [eth0, eth1]\n    parameters: {mode: active-backup}\n" +
		"    nameservers: {addresses: [192.0.2.53]}\nbridges:\n  br0: {interfaces: [bond0], addresses: [192.0.2.10/24]}\n"
	files := map[string]string{"/var/lib/cloud/seed/nocloud/network-config": text}
	if told := newMachine(t, files).told(0); told.Source != "" {
		t.Errorf("not asked for, and yet: %+v", told)
	}
	for name, content := range map[string]string{persist.Asked: "", "/proc/cmdline": "quiet hostnet.network-config"} {
		files := maps.Clone(files)
		files[name] = content
		m := newMachine(t, files)
		if told := m.told(0); told.Source != "/var/lib/cloud/seed/nocloud/network-config" {
			t.Errorf("got %+v\n%s", told, m.journal.String())
		}
		m.has("eth1: master bond0 up", "br0: bridge up", "inet 192.0.2.10/24")
		if !strings.Contains(m.journal.String(), "network-config:9: ") {
			t.Errorf("the name server is not told of:\n%s", m.journal.String())
		}
	}
}

func TestLabel(t *testing.T) {
	iso, fat16, fat32 := make([]byte, 34<<10), make([]byte, 512), make([]byte, 512)
	copy(iso[32<<10:], "\x01CD001\x01")
	copy(iso[32<<10+40:], "cidata                          ")
	copy(fat16[0x36:], "FAT16   ")
	copy(fat16[0x2b:], "CIDATA     ")
	copy(fat32[0x52:], "FAT32   ")
	copy(fat32[0x47:], "CIDATA     ")
	for name, head := range map[string][]byte{"iso": iso, "FAT16": fat16, "FAT32": fat32} {
		if got := label(head); !strings.EqualFold(got, "cidata") {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got := label(make([]byte, 34<<10)); got != "" {
		t.Errorf("got %q", got)
	}
}

// TestExamples: each is what it says that it is.
func TestExamples(t *testing.T) {
	for _, name := range []string{"hostnet.yaml", "meta-data", "vendor-data", "user-data"} {
		data, err := os.ReadFile(filepath.Join("examples", name))
		if err != nil {
			t.Fatal(err)
		}
		m := newMachine(t, map[string]string{"/var/lib/cloud/seed/nocloud/" + name: strings.NewReplacer("52:54:00:00:00", "00:16:3e:00:00").Replace(string(data))})
		if told := m.told(0); told.Fallback || len(told.Missing) > 0 {
			t.Errorf("%s: %+v\n%s", name, told, m.journal.String())
		}
		m.has("eth1: master bond0 up", "vlan16: bridge up", "vlan48: bridge up")
	}
}
