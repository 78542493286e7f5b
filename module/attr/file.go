package attr

import (
	"strings"
	"sync"
)

// carried are the rows of files that no table names, by the file: one file, one row, so that sets can be compared.
var carried sync.Map

// FileRow is the row of a file that no table names: a setting that somebody has made and that is carried over to the link which takes the old one's
// place. file has * for the link's name: "/proc/sys/net/ipv4/conf/*/rp_filter".
func FileRow(file string) *Row {
	if r, ok := carried.Load(file); ok {
		return r.(*Row)
	}
	r, _ := carried.LoadOrStore(file, &Row{Name: file, File: file, Place: Proc, Type: Text, Alone: true, Hidden: true, Carried: true,
		Doc: "a setting of the link that somebody has made"})
	return r.(*Row)
}

// Path is the row's file of a link.
func (r *Row) Path(link string) string { return strings.Replace(r.File, "*", link, 1) }

// sysctls is where sysctl(8) looks.
const sysctls = "/proc/sys/"

// Command is a shell command that writes the value. A name may hold dots, so sysctl is told the path with slashes.
func (r *Row) Command(link string, v Value) string {
	name, ok := strings.CutPrefix(r.Path(link), sysctls)
	if !ok || !r.Carried {
		return "echo " + Word(r.Text(v)) + " >" + Word(r.Path(link))
	}
	if !strings.ContainsAny(link, "./") {
		name = strings.ReplaceAll(name, "/", ".")
	}
	return "sysctl -w " + Word(name+"="+r.Text(v))
}
