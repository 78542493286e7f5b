package plan

import (
	"fmt"
	"strings"

	"hostnet-module/module/spec"
)

// inexact warns, before anything is touched, of what making links anew loses for good: no rollback brings it back.
func (m *maker) inexact(objects []Object) {
	var names []string
	var first *spec.Object
	for i, o := range m.doc.Objects {
		if objects[i].Action != Recreate {
			continue
		}
		if names = append(names, o.Name); first == nil {
			first = o
		}
	}
	if first == nil {
		return
	}
	if n := len(names) - 3; n > 0 {
		names = append(names[:3:3], fmt.Sprintf("%d more", n))
	}
	m.warn(first.Path, "%s: made anew; no rollback brings back what bridges have learned, nor an ifindex that somebody takes meanwhile", strings.Join(names, ", "))
}
