package convert

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

// mainTable is the number of the routing table `main` (linux/rtnetlink.h).
const mainTable = 254

// table is a routing table's number: itself, the kernel's standard name, or a name out of iproute2's files of the host.
func (e *eni) table(text string) any {
	if n, err := strconv.ParseUint(text, 0, 32); err == nil {
		return n
	}
	if n, ok := map[string]uint64{"main": mainTable, "default": 253, "local": 255}[text]; ok {
		return n
	}
	if e.routing == nil {
		e.readTables()
	}
	if n, ok := e.routing[text]; ok {
		said := fmt.Sprintf("the routing table %s is %d in this host's rt_tables", text, n)
		if !slices.Contains(e.advice, said) {
			e.advice = append(e.advice, said)
		}
		return n
	}
	return text
}

// readTables reads the names of routing tables, in the order of iproute2 (lib/rt_names.c): what comes later counts.
func (e *eni) readTables() {
	e.routing = map[string]uint64{}
	var names []string
	for _, dir := range []string{"/usr/share/iproute2", "/usr/lib/iproute2", "/etc/iproute2"} {
		names = append(names, dir+"/rt_tables")
		more := e.files.List(dir + "/rt_tables.d")
		slices.Sort(more)
		for _, name := range more {
			if strings.HasSuffix(name, ".conf") && name[0] != '.' {
				names = append(names, path.Join(dir, "rt_tables.d", name))
			}
		}
	}
	for _, name := range names {
		data, _ := e.files.Read(name) // one that is not there says nothing
		for line := range strings.Lines(string(data)) {
			words := strings.Fields(line)
			if len(words) < 2 {
				continue
			}
			if n, err := strconv.ParseUint(words[0], 0, 32); err == nil && n > 0 {
				e.routing[words[1]] = n
			}
		}
	}
}

// unnamedTable says why a table's name is not taken over.
func unnamedTable(name string) string {
	return "the routing table " + name + " has its number in /etc/iproute2/rt_tables of the host, which does not name it here; convert with --root, or write the number"
}
