// Package foreign reads the files of other managers of the network into lines and nodes that know where they stand: ifupdown's
// interfaces(5), YAML as netplan and cloud-init have it. It understands the form alone; what a line means is for the rooms that
// ask (others, convert). Pure: files come through an interface, nothing is written.
package foreign

import (
	"fmt"
	"path"
)

// Pos is a line of a file.
type Pos struct {
	File string
	Line int // 1…; 0: the file as a whole

	Column int // 1… for one of several things on a line; 0: the line as a whole
}

func (p Pos) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// Files is where files come from. Names are those that the files themselves use, with slashes.
type Files interface {
	Read(name string) ([]byte, error)
	List(dir string) []string // the names of a folder's entries, without the folder; none: no such folder
}

// Glob matches a shell pattern; one that is none matches itself.
func Glob(pattern, text string) bool {
	ok, err := path.Match(pattern, text)
	return ok && err == nil || pattern == text
}
