//go:build lab

package faults

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"hostnet-module/module/persist"
)

// crucial are the changes of files that are never left out: those in between which document and network could part.
var crucial = regexp.MustCompile(`hostnet\.yaml|rename journal|unlink journal`)

// TestKept kills runs on the machine's own network at each change of a file, or, where no more than a share is asked for, at some: after the next start network and document that boots are
// both the old ones, or both the new ones.
func TestKept(t *testing.T) {
	const first = "bridges: [{name: br0, mac: \"00:16:3e:00:05:01\", ports: [eth2], addresses: [192.0.2.10/24]}]"
	struck, sound := 0, 0
	t.Cleanup(func() { t.Logf("%d runs killed, %d hosts with the document of their network", struck, sound) })
	s := &space{t: t}
	s.settle(nics)
	if err := os.MkdirAll("/run/systemd/system", 0o755); err != nil { // so that there is a service to be installed
		t.Fatal(err)
	}
	defer os.RemoveAll("/run/systemd")
	for _, row := range []struct{ name, before, document string }{
		{"the first", "", first},
		{"another", first, strings.NewReplacer("192.0.2.10", "192.0.2.11", "ports:", "ageing_time: 20000, ports:").Replace(first)},
	} {
		t.Run(row.name, func(t *testing.T) {
			h := &home{space: s, before: row.before}
			s.t = t
			h.reset()
			s.exec(row.document, program, "--format", "json", "-") // makes folders, which stay
			h.reset()
			whole := s.run(fault{}, row.document, program, "--format", "json", "-")
			if whole.exit != 0 || len(whole.seen) < 10 {
				t.Fatalf("without a fault: exit %d: %s", whole.exit, whole.text)
			}
			becomes := h.is()
			h.reset()
			was := h.is()
			if was.document == becomes.document || was.network == becomes.network {
				t.Fatalf("nothing changes: %+v", was)
			}
			for n, ev := range whole.seen {
				if ev.request || ev.sysctl || number("HOSTNET_FAULTS", share) <= share && n%4 > 0 && !crucial.MatchString(ev.what) {
					continue
				}
				unfinished(t)
				e := s.run(fault{n: n, way: before}, row.document, program, "--format", "json", "-")
				if !e.struck || e.seen[n].what != ev.what { // earlier runs have left files of the service, which is no harm
					s.exec(nothing+unkept, program, "--format", "json", "-")
					h.reset()
					unfinished(t)
					e = s.run(fault{n: n, way: before}, row.document, program, "--format", "json", "-")
				}
				if !e.struck || e.seen[n].what != ev.what {
					t.Errorf("change %d (%s) did not come about again", n, ev.what)
				}
				struck++
				next := s.run(fault{}, nothing+unkept, program, "--format", "json", "-")
				switch now := h.is(); {
				case next.exit != 0:
					t.Errorf("killed before change %d (%s): the next start: %s", n, ev.what, next.text)
				case now == was:
					sound++
				case now == becomes:
					sound++
					h.reset()
				default:
					t.Errorf("killed before change %d (%s): of the old network there is not\n%s\nand there is\n%s\nthe document that boots is\n%s", n, ev.what,
						lost(was.network, now.network), lost(now.network, was.network), now.document)
					h.reset()
				}
			}
		})
	}
}

// unfinished removes the files that a killed run had not renamed yet: who writes such a file anew makes one step more where it lies there.
func unfinished(t *testing.T) {
	left, err := filepath.Glob("/run/hostnet/*/*.new")
	for _, name := range left {
		err = errors.Join(err, os.Remove(name))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// home is the machine's own network, with what it boots.
type home struct {
	space  *space
	before string // a document that has been applied; "": none ever
}

// outcome is a network with the document that boots.
type outcome struct{ network, document string }

func (h *home) is() outcome {
	document, _ := os.ReadFile(persist.Document)
	return outcome{indexes(h.space.picture()), string(document)}
}

func (h *home) reset() {
	h.space.t.Helper()
	h.space.exec("bridges: [{name: br0, state: absent}]"+unkept, program, "--format", "json", "-")
	if out, exit := h.space.exec("", program, "uninstall"); exit != 0 {
		h.space.t.Fatal(out)
	}
	_ = os.RemoveAll(persist.Folder) // what a killed run has begun to write there, too
	if h.before == "" {
		return
	}
	if out, exit := h.space.exec(h.before, program, "--format", "json", "-"); exit != 0 {
		h.space.t.Fatal(out)
	}
}
