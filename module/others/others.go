// Package others finds out which other managers of the network (ifupdown, NetworkManager, systemd-networkd, netplan, DHCP
// clients) configure a link as well, by reading their files and the list of processes. It starts nothing, writes nothing,
// and knows neither documents nor kinds of links: a file that cannot be read or understood says nothing.
package others

import (
	"bytes"
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"hostnet-module/module/foreign"
)

// Link is one about which to ask.
type Link struct {
	Name  string
	Index int      // 0: it is not there yet
	MACs  []string // its own and its permanent one, in lower case with colons
	Kind  string   // IFLA_INFO_KIND; "" for a NIC
	Path  string   // udev's ID_PATH; "" if unknown
}

// Claim says that a manager configures a link.
type Claim struct {
	Link    string
	Manager string
	File    string // "/etc/network/interfaces"; "" if PID tells
	Line    int    // 1…; 0 if unknown
	PID     int
	Remedy  string // what to do about it
}

// Where is the claim's place: FILE:LINE, or the process.
func (c Claim) Where() string {
	switch {
	case c.PID > 0:
		return fmt.Sprintf("process %d", c.PID)
	case c.Line > 0:
		return fmt.Sprintf("%s:%d", printable(c.File), c.Line)
	}
	return printable(c.File)
}

func (c Claim) String() string {
	return fmt.Sprintf("%s is also configured by %s: %s; it will fight over it (%s)", printable(c.Link), c.Manager, c.Where(), c.Remedy)
}

// printable takes out what a terminal would obey.
func printable(text string) string {
	q := strconv.QuoteToASCII(text)
	return q[1 : len(q)-1]
}

// Bounds: of one file, of all files, and of the entries of one folder.
const (
	mostFile    = 256 << 10
	mostBytes   = 4 << 20
	mostEntries = 10000
	mostWork    = 1 << 20 // comparisons of a link with what a file says
)

// host is one look at a host.
type host struct {
	root  fs.FS
	links func() []Link         // each time the same
	names func() map[string]int // a link's place among them
	left  int                   // bytes that may still be read
	work  int                   // comparisons made
	proc  processes
	stans []foreign.Stanza // of ifupdown
}

// Find asks all managers, at most one claim a link for each. The files speak of the first network namespace: in another
// one, and where that cannot be told, nothing is found. Of which links is asked only where there is a manager.
func Find(root fs.FS, links func() []Link) []Claim {
	if root == nil {
		return nil
	}
	own, err := fs.ReadLink(root, "proc/self/ns/net")
	if first, err1 := fs.ReadLink(root, "proc/1/ns/net"); err != nil || err1 != nil || own != first {
		return nil
	}
	h := &host{root: root, links: sync.OnceValue(links), left: mostBytes}
	h.names = sync.OnceValue(func() map[string]int {
		names := make(map[string]int, len(h.links()))
		for i, l := range h.links() {
			names[l.Name] = i
		}
		return names
	})
	h.proc = h.processes(own)
	var claims []Claim
	for _, manager := range []func(*host) []Claim{ifupdown, netplan, networkManager, networkd, dhcp} {
		claims = append(claims, first(manager(h))...)
	}
	claims = slices.DeleteFunc(claims, func(c Claim) bool { return generated(c, claims) })
	slices.SortStableFunc(claims, func(a, b Claim) int { return cmp.Compare(h.names()[a.Link], h.names()[b.Link]) })
	return claims
}

// first keeps the first claim for each link.
func first(claims []Claim) []Claim {
	seen := map[string]bool{}
	return slices.DeleteFunc(claims, func(c Claim) bool {
		again := seen[c.Link]
		seen[c.Link] = true
		return again
	})
}

// generated tells that netplan made the file: its own file has been named already.
func generated(c Claim, all []Claim) bool {
	return strings.HasPrefix(c.File, "/run/") && strings.Contains(path.Base(c.File), "netplan-") &&
		slices.ContainsFunc(all, func(o Claim) bool { return o.Link == c.Link && o.Manager == "netplan" })
}

// few is how many claims of one file are worth a line each.
const few = 3

// Warnings puts claims into words; where one file claims many links, into one sentence.
func Warnings(claims []Claim) []string {
	type place struct{ manager, file string }
	groups := map[place][]Claim{}
	for _, c := range claims {
		p := place{c.Manager, c.File}
		groups[p] = append(groups[p], c)
	}
	var lines []string
	for _, c := range claims {
		p := place{c.Manager, c.File}
		switch group := groups[p]; {
		case c.File == "" || len(group) <= few:
			lines = append(lines, c.String())
		case group[0] == c:
			lines = append(lines, several(group))
		}
	}
	return lines
}

func several(group []Claim) string {
	const shown = 5
	var names []string
	for _, c := range group[:min(shown, len(group))] {
		names = append(names, fmt.Sprintf("%s in line %d", printable(c.Link), c.Line))
	}
	if more := len(group) - shown; more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	last := len(names) - 1
	return fmt.Sprintf("%d links are also configured by %s: %s (%s and %s); it will fight over them (%s)", len(group), group[0].Manager,
		printable(group[0].File), strings.Join(names[:last], ", "), names[last], group[0].Remedy)
}

// read returns a file's content: nil for what is not there, is not a file (a device would block), or is too large.
func (h *host) read(name string) []byte {
	info, err := fs.Stat(h.root, name)
	if err != nil || !info.Mode().IsRegular() || info.Size() > mostFile || h.left <= 0 {
		return nil
	}
	data, err := fs.ReadFile(h.root, name)
	if err != nil || len(data) > mostFile {
		return nil
	}
	h.left -= len(data)
	return bytes.ToValidUTF8(data, []byte("?"))
}

// Read and List are the files for what foreign reads; its names start at the root.
func (h *host) Read(name string) ([]byte, error) {
	data := h.read(strings.TrimPrefix(name, "/"))
	if data == nil {
		return nil, fs.ErrNotExist
	}
	return data, nil
}

// List names a folder's files.
func (h *host) List(dir string) []string {
	files := h.list(strings.TrimPrefix(dir, "/"), func(string) bool { return true })
	for i, f := range files {
		files[i] = path.Base(f)
	}
	return files
}

// tired counts a comparison and tells that there have been enough. A look must not cost noticeable time, whatever is there.
func (h *host) tired() bool {
	h.work++
	return h.work > mostWork
}

// exists tells whether any of some files is there.
func (h *host) exists(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		_, err := fs.Lstat(h.root, name)
		return err == nil
	})
}

// list returns the files of a folder whose names a function takes, sorted.
func (h *host) list(dir string, take func(name string) bool) []string {
	entries, err := fs.ReadDir(h.root, dir)
	if err != nil {
		return nil
	}
	var files []string
	for _, e := range entries[:min(len(entries), mostEntries)] {
		if !e.IsDir() && take(e.Name()) {
			files = append(files, path.Join(dir, e.Name()))
		}
	}
	slices.Sort(files)
	return files
}

// layered returns the files of several folders, the first folder the strongest: a file hides those of its name in later
// ones. They come in the order of their base names.
func (h *host) layered(dirs []string, take func(name string) bool) []string {
	seen := map[string]bool{}
	var files []string
	for _, dir := range dirs {
		for _, file := range h.list(dir, take) {
			if base := path.Base(file); !seen[base] {
				seen[base] = true
				files = append(files, file)
			}
		}
	}
	slices.SortStableFunc(files, func(a, b string) int { return cmp.Compare(path.Base(a), path.Base(b)) })
	return files
}

func suffix(end string) func(string) bool {
	return func(name string) bool { return strings.HasSuffix(name, end) && name[0] != '.' }
}

func (l *Link) hasMAC(mac string) bool {
	mac = strings.ToLower(strings.ReplaceAll(mac, "-", ":"))
	return mac != "" && slices.Contains(l.MACs, mac)
}

func (h *host) link(name string) *Link {
	if i, ok := h.names()[name]; ok {
		return &h.links()[i]
	}
	return nil
}

// driver is the name of a NIC's driver, "" if it has none.
func (h *host) driver(l *Link) string {
	target, err := fs.ReadLink(h.root, path.Join("sys/class/net", l.Name, "device/driver"))
	if err != nil {
		return ""
	}
	return path.Base(target)
}
