//go:build lab

package faults

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestAtOnce starts two, then ten runs in the same moment, each with another document. None sends anything while another one is at
// work, each ends with a result that is true, and the last one's is what is there.
func TestAtOnce(t *testing.T) {
	for _, many := range []int{2, 10} {
		t.Run(fmt.Sprint(many), func(t *testing.T) {
			s := newSpace(t, nics)
			var cmds []*exec.Cmd
			outs := make([]bytes.Buffer, many)
			for i := range many {
				cmd := exec.Command(program, "--format", "json", "-")
				cmd.Stdin = strings.NewReader(fmt.Sprintf("bridges: [{name: br0, ageing_time: %d, ports: [eth2], addresses: [192.0.2.%d/24]}, {name: br%d, addresses: [198.51.100.%d/24]}]", 20000+100*i, 10+i, 10+i, 10+i))
				cmd.Stdout, cmd.Stderr = &outs[i], &outs[i]
				cmds = append(cmds, cmd)
			}
			e := s.watched(fault{}, cmds...)
			last, turns, had := 0, 0, map[int]bool{}
			for _, ev := range e.seen {
				if ev.request && ev.pid != last {
					turns++
					if had[ev.pid] {
						t.Errorf("process %d sends again after another one", ev.pid)
					}
					last = ev.pid
					had[last] = true
				}
			}
			if turns != many {
				t.Errorf("%d turns of %d runs", turns, many)
			}
			out, _ := s.exec("", "ip", "-br", "addr")
			for i, cmd := range cmds {
				var r result
				if err := json.Unmarshal(outs[i].Bytes(), &r); err != nil || r.Failed || !r.Changed || cmd.ProcessState.ExitCode() != 0 {
					t.Errorf("run %d: %v, exit %d: %s", i, err, cmd.ProcessState.ExitCode(), outs[i].String())
				}
				if !strings.Contains(out, fmt.Sprintf("198.51.100.%d/24", 10+i)) {
					t.Errorf("nothing is left of run %d:\n%s", i, out)
				}
				if is, want := strings.Contains(out, fmt.Sprintf("192.0.2.%d/24", 10+i)), cmd.Process.Pid == last; is != want {
					t.Errorf("run %d of process %d, the last was %d; its address is there: %v\n%s", i, cmd.Process.Pid, last, is, out)
				}
			}
		})
	}
}

// TestHolder: who waits in vain is told who holds the lock: number, start and command. SIGKILL frees it at once.
func TestHolder(t *testing.T) {
	t.Parallel()
	s := newSpace(t, nics)
	const document = "bridges: [{name: br0, addresses: [192.0.2.10/24]}]"
	var second, third string
	e := s.run(fault{n: 6, way: held, meanwhile: func(pid int) {
		begun := time.Now()
		var exit int
		if second, exit = s.exec(document, program, "--format", "json", "-"); exit != 1 || time.Since(begun) < 10*time.Second {
			t.Errorf("the second run: exit %d after %v", exit, time.Since(begun))
		}
		if !strings.Contains(second, fmt.Sprintf("another run is under way: pid %d since %s", pid, time.Now().Format("2006-"))) || !strings.Contains(second, program+" --format json -") {
			t.Errorf("the second run says: %s", second)
		}
		p, err := os.FindProcess(pid)
		if err == nil {
			err = p.Kill()
		}
		if err != nil {
			t.Error(err)
		}
		begun = time.Now()
		if third, exit = s.exec(document, program, "--format", "json", "-"); exit != 0 || !strings.Contains(third, "undone first") {
			t.Errorf("the third run: exit %d after %v: %s", exit, time.Since(begun), third)
		}
	}}, document, program, "--format", "json", "-")
	if !e.struck || e.exit == 0 {
		t.Errorf("the first run: held %v, exit %d: %s", e.struck, e.exit, e.text)
	}
}
