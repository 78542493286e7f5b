//go:build lab

// Package managers lets ifupdown, ifupdown2 and systemd-networkd carry out a configuration on a real kernel, and the program what it has
// converted of the same one, and holds the two pictures against each other. `make managers` starts a machine with them (bin/lab run --managers --package ifupdown2).
package managers

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

const program = "/usr/bin/hostnet-module"

// TestConverted takes each archive of testdata: files for a manager, and in the section «differs» the lines of the two pictures that are
// not the same, the manager's with -, the document's with +, which docs/convert.md tells and explains. What convert tells of the files is in
// the section «told».
func TestConverted(t *testing.T) {
	list, err := filepath.Glob("testdata/*.txtar") // those in folders are TestRendered's
	if err != nil || len(list) < 16 {
		t.Fatal(list, err)
	}
	for n, file := range list {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			want := ""
			c := &sample{dir: t.TempDir(), n: n, comment: string(a.Comment)}
			for _, f := range a.Files {
				switch f.Name {
				case "differs":
					want = string(f.Data)
					continue
				case "told":
					c.told = string(f.Data)
					continue
				}
				c.files = append(c.files, f)
			}
			c.compare(t, want)
		})
	}
}

// sample is one configuration.
type sample struct {
	dir     string
	n       int
	comment string
	told    string // what convert must tell, but for what is always so
	files   []txtar.File
}

// words of the comment's first line: from FORMAT, by MANAGER: …
func (c *sample) words() (from, by string) {
	w := strings.Fields(strings.NewReplacer(",", "", ":", "").Replace(c.comment))
	return w[1], w[3]
}

func (c *sample) compare(t *testing.T, want string) {
	from, by := c.words()
	theirs, ours := c.hosts(t)
	c.write(t)
	switch by {
	case "ifupdown":
		c.ifupdown(t, theirs)
	case "ifupdown2":
		c.ifupdown2(t, theirs)
	case "networkd":
		c.networkd(t, theirs, from)
	default:
		t.Fatal(c.comment)
	}
	was := picture(t, theirs)
	document := c.document(t, from)
	in(t, ours, document, program, "--format", "json", "-")
	is := picture(t, ours)
	if by == "networkd" { // which makes the MACs of bonds and bridges of the machine's identifier
		was, is = withoutMACs(was, document), withoutMACs(is, document)
	}
	if diff := difference(was, is); diff != want {
		t.Errorf("%s and the document make different networks (- %s, + the document), beyond what is known:\n%s\nthe document:\n%s\nwhat is known:\n%s", by, by, cmp.Diff(want, diff), document, want)
	}
	out := in(t, ours, document, program, "--format", "json", "-")
	if !strings.HasPrefix(out, `{"changed":false`) {
		t.Errorf("the second time: %s", out)
	}
}

// hosts are two alike, for the manager and for the program.
func (c *sample) hosts(t *testing.T) (theirs, ours string) {
	theirs, ours = fmt.Sprintf("theirs%d", c.n), fmt.Sprintf("ours%d", c.n)
	namespace(t, theirs)
	namespace(t, ours)
	return theirs, ours
}

var hardware = regexp.MustCompile(` address ([0-9a-f:]{17})`)

// withoutMACs takes the MACs that the document does not say out of a picture.
func withoutMACs(picture []string, document string) []string {
	out := make([]string, len(picture))
	for i, line := range picture {
		out[i] = line
		if m := hardware.FindStringSubmatch(line); m != nil && !strings.Contains(document, m[1]) {
			out[i] = strings.Replace(line, m[0], "", 1)
		}
	}
	return out
}

// write lays the files below the sample's folder; ifupdown's own scripts are beside them.
func (c *sample) write(t *testing.T) {
	for _, f := range c.files {
		path := filepath.Join(c.dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// names are the files that are given to the program by name; those that others include are not.
func (c *sample) names() (names []string) {
	for _, f := range c.files {
		if !strings.Contains(f.Name, "/interfaces.d/") && !strings.Contains(f.Name, "/iproute2/") {
			names = append(names, f.Name)
		}
	}
	return names
}

// document is what the program makes of the files. Nothing may be left but what the sample has as told.
func (c *sample) document(t *testing.T, from string) string {
	args := append([]string{"convert", "--from", from, "--root", c.dir}, c.names()...)
	cmd := exec.Command(program, args...)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	told := ""
	for line := range strings.Lines(errs.String()) {
		if strings.Contains(line, ": not taken over: ") && !strings.Contains(c.comment, "not brought up") && !strings.Contains(line, "links are not renamed") && !strings.Contains(line, "says otherwise, and comes later") &&
			!strings.Contains(line, "router advertisements are a sysctl") {
			told += line
		}
	}
	if err != nil || told != c.told {
		t.Fatalf("convert: %v\n%s", err, errs.String())
	}
	return string(out)
}

// ifupdown brings the links up, with the sample's files as /etc/network and a state of its own.
func (c *sample) ifupdown(t *testing.T, ns string) {
	out := in(t, ns, "", "sh", "-c", `set -e
cp -a /etc/network/if-*.d `+c.dir+`/etc/network/
`+c.mounts()+`
mkdir -p /run/network
ifup -a 2>&1
if grep -qs allow-hotplug /etc/network/interfaces; then ifup -a --allow hotplug 2>&1; fi`)
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "ifup: ") {
			t.Errorf("ifupdown itself: %s", line)
		}
	}
}

// mounts puts the sample's files in the place of the machine's, in a mount namespace of its own.
func (c *sample) mounts() string {
	lines := "mount --bind " + c.dir + "/etc/network /etc/network\nmount -t tmpfs none /run"
	if _, err := os.Stat(c.dir + "/etc/iproute2"); err == nil {
		lines += "\nmkdir -p /etc/iproute2\nmount --bind " + c.dir + "/etc/iproute2 /etc/iproute2"
	}
	return lines
}

// ifupdown2 does the same. It goes by the name that it is called by.
func (c *sample) ifupdown2(t *testing.T, ns string) {
	out := in(t, ns, "", "sh", "-c", `set -e
cp -a /etc/network/ifupdown2 `+c.dir+`/etc/network/
`+c.mounts()+`
mkdir -p /run/network /run/lock /var/lib/ifupdown2
cd /run
ln -s /usr/share/ifupdown2/__main__.py ifup
python3 ifup -a 2>&1`)
	if strings.TrimSpace(out) != "" {
		t.Logf("ifupdown2 itself: %s", out)
	}
}

// networkd runs netplan's generator, but for files of networkd's own, and then networkd until it has configured all links. With a read-only /sys it does not wait for
// udev, which knows of no namespaces (systemd's udev_available).
func (c *sample) networkd(t *testing.T, ns, from string) {
	if from == "cloud-init" { // which hands its network-config to netplan with the key around it
		text := string(c.files[0].Data)
		if !strings.HasPrefix(text, "network:") {
			text = "network:\n  " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n  ") + "\n"
		}
		c.files = append(c.files, txtar.File{Name: "/etc/netplan/50-cloud-init.yaml", Data: []byte(text)})
		c.write(t)
		c.files = c.files[:1]
	}
	folder := "/etc/systemd/network"
	if from != "networkd" {
		folder = "/run/systemd/network"
		if out, err := exec.Command("/usr/libexec/netplan/generate", "--root-dir", c.dir).CombinedOutput(); err != nil {
			t.Fatalf("netplan generate: %v: %s", err, out)
		}
	}
	in(t, ns, "", "sh", "-c", `set -e
mount -t tmpfs none /run
mkdir -p /run/systemd/network
cp -r `+c.dir+folder+`/. /run/systemd/network/
chmod -R a+rX /run/systemd
mount -o remount,ro /sys
SYSTEMD_LOG_LEVEL=info /usr/lib/systemd/systemd-networkd 2>`+c.dir+`/networkd.log &
networkd=$!
n=0
while [ $n -lt 200 ]; do
  n=$((n+1)); sleep 0.1
  links=$(ip -o link | wc -l)
  done=$(grep -lE 'ADMIN_STATE=(configured|unmanaged)' /run/systemd/netif/links/* 2>/dev/null | wc -l)
  [ "$done" -lt "$links" ] || break
done
kill $networkd || n=200
wait $networkd || true
if [ $n -ge 200 ]; then cat `+c.dir+`/networkd.log; grep -H ADMIN_STATE /run/systemd/netif/links/* || true; exit 1; fi`)
}
