//go:build labhost

package boot

import (
	"bytes"
	"compress/gzip"
	"io"
	"regexp"
	"testing"
)

// A seed that cloud-init alone knows of.
const (
	elsewhere = "/srv/seed/"
	seedfrom  = "datasource: {NoCloud: {seedfrom: \"file:///srv/seed/\"}}\n"
	seedfile  = "/etc/cloud/cloud.cfg.d/98_seed.cfg"
)

func packed(text string) string {
	var b bytes.Buffer
	to := gzip.NewWriter(&b)
	io.WriteString(to, text)
	to.Close()
	return b.String()
}

// channel is a way in which a document comes with a machine.
type channel struct {
	name   string
	files  map[string]string
	source string // "": late
	status int    // of cloud-init status
}

// channels are those of docs/boot.md, but for the kernel's command line and the disk, which machines have (TestCommandLine, TestWithoutCloudInit).
func channels() []channel {
	const (
		strict = 2 // the schema knows no key hostnet
		none   = "#cloud-config\n{}\n"
	)
	under := "hostnet:\n" + indented(plain)
	in := func(folder string, names ...string) map[string]string {
		files := map[string]string{folder + "meta-data": metaData, folder + "user-data": none}
		for i := 0; i < len(names); i += 2 {
			files[folder+names[i]] = names[i+1]
		}
		if folder == elsewhere {
			files[seedfile] = seedfrom
		}
		return files
	}
	also := func(files map[string]string, name, text string) map[string]string { files[name] = text; return files }
	return []channel{
		{"file", in(seed, "hostnet.yaml", plain), seed + "hostnet.yaml", 0},
		{"meta-data", in(seed, "meta-data", metaData+under), seed + "meta-data", 0},
		{"vendor-data", in(seed, "vendor-data", "#cloud-config\n"+under), seed + "vendor-data", 0},
		{"part", in(seed, "user-data", multipart(plain)), seed + "user-data (text/x-hostnet)", 0},
		{"packed part", in(seed, "user-data", packed(multipart(plain))), seed + "user-data (text/x-hostnet)", 0},
		{"user-data", in(seed, "user-data", "#cloud-config\n"+under), seed + "user-data", strict},
		{"packed user-data", in(seed, "user-data", packed("#cloud-config\n"+under)), seed + "user-data", strict},
		{"metadata", in(elsewhere, "meta-data", metaData+under), "/run/cloud-init/instance-data.json", 0},
		{"configuration", also(in(seed), "/etc/cloud/cloud.cfg.d/50_site.cfg", under), "/etc/cloud/cloud.cfg.d/50_site.cfg", 0},
		{"network-config", also(in(seed, "network-config", "version: 2\nbridges:\n  vlan16: {addresses: [192.0.2.10/24]}\n  vlan48: {}\n"), "/etc/hostnet/use-network-config", ""), seed + "network-config", 0},
		{"late part", in(elsewhere, "user-data", multipart(plain)), "", 0},
		{"late vendor-data", in(elsewhere, "vendor-data", "#cloud-config\n"+under), "", 0},
		{"late user-data", in(elsewhere, "user-data", "#cloud-config\n"+under), "", strict},
	}
}

// TestChannels: every way in which a document comes with a machine, with the releases of cloud-init.
func TestChannels(t *testing.T) {
	for _, release := range []string{"13", "newest"} { // 12 is for machines: in such a container its systemd does not come to an end
		for _, row := range channels() {
			t.Run(regexp.MustCompile(" ").ReplaceAllString(release+" "+row.name, "_"), func(t *testing.T) {
				c := newContainer(t, release, row.files)
				c.boot()
				if row.source == "" {
					c.want("for i in $(seq 150); do [ -e "+kept+" ] && [ -e /sys/class/net/vlan48 ] && exit 0; sleep 0.2; done; exit 1", 0)
				} else {
					c.works(row.status, row.source)
				}
				c.reboot()
				c.works(row.status, kept)
				c.want("hostnet-module uninstall", 0)
				if out, _ := c.try("find / -xdev -name '*hostnet*' -not -path '/proc/*' -not -path '/run/*' -not -path '" + seed + "*'"); out != "" {
					t.Errorf("left:\n%s", out)
				}
			})
		}
	}
}
