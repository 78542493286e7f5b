//go:build labhost

package ansible

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// fleet makes so many hosts of the machine, and an inventory of them: fleet 20 FILE. Each is a network namespace with two NICs on
// one switch and an SSH server of its own; they share files, and so the cache of the program.
func (m *machine) fleet(ts *testscript.TestScript, neg bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	m.vm(ts, neg, []string{fmt.Sprintf(`set -e; ip netns add fleet; ip -n fleet link add name sw up type bridge; ip -n fleet link add link sw name sw.16 up type vlan id 16; ip -n fleet addr add 192.0.2.1/24 dev sw.16
		for i in $(seq %d); do
			ip netns add h$i; ip -n h$i link set lo up
			for nic in 0 1; do ip -n h$i link add name eth$nic type veth peer name h$i-$nic netns fleet; ip -n fleet link set h$i-$nic up master sw; done
			ip netns exec h$i dropbear -R -s -W 1048576 -P /run/fleet-h$i.pid </dev/null >/dev/null 2>&1
		done`, n)})
	_, vars, _ := strings.Cut(m.inventory, " ")
	var b strings.Builder
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, "h%d %s ansible_host=h%d ansible_ssh_extra_args='-o \"ProxyCommand=ssh -F %s vm ip netns exec h%d busybox nc 127.0.0.1 22\"'\n",
			i, strings.TrimSpace(vars[strings.Index(vars, "ansible_user"):]), i, filepath.Join(m.dir, "ssh"), i)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(b.String()), 0o644))
}

// ownpath writes an inventory in which dom0 is reached by its own address, through the router of its network, and another host that
// has nothing to do with it.
func (m *machine) ownpath(ts *testscript.TestScript, neg bool, args []string) {
	m.fleet(ts, neg, []string{"1", args[0]})
	_, vars, _ := strings.Cut(m.inventory, " ")
	other := strings.Replace(ts.ReadFile(args[0]), "h1 ", "other ", 1)
	line := fmt.Sprintf("dom0 %s ansible_host=192.0.2.10 ansible_ssh_extra_args='-o \"ProxyCommand=ssh -F %s vm ip netns exec r busybox nc %%h 22\"'\n",
		strings.TrimSpace(vars[strings.Index(vars, "ansible_user"):]), filepath.Join(m.dir, "ssh"))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(line+other), 0o644))
}

// within is play, in so many seconds at most: within 27 site.yml.
func within(ts *testscript.TestScript, neg bool, args []string) {
	most, err := strconv.Atoi(args[0])
	ts.Check(err)
	began := time.Now()
	play(ts, neg, args[1:])
	if took := time.Since(began); took > time.Duration(most)*time.Second {
		ts.Fatalf("took %v", took)
	}
}

// dissolve takes the hosts of a fleet away.
const dissolve = `for ns in $(ip netns list | sed -n 's/^\(h[0-9]*\|fleet\).*/\1/p'); do ip netns pids $ns | xargs -r kill -9; ip netns del $ns; done`

// timed is play, and notes how long it took on the clock and on this host's processors.
func timed(ts *testscript.TestScript, neg bool, args []string) {
	cpu := func() time.Duration {
		var u syscall.Rusage
		ts.Check(syscall.Getrusage(syscall.RUSAGE_CHILDREN, &u))
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	began, before := time.Now(), cpu()
	if err := ts.Exec("ansible-playbook", args...); (err != nil) != neg {
		ts.Fatalf("ansible-playbook: %v", err)
	}
	line := fmt.Sprintf("%s: %.1f s, controller %.1f s of CPU", strings.Join(args, " "), time.Since(began).Seconds(), (cpu() - before).Seconds())
	ts.Logf("%s", line)
	if name := os.Getenv("HOSTNET_FIGURES"); name != "" {
		f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		ts.Check(err)
		defer f.Close()
		fmt.Fprintln(f, line)
	}
}

// recaps counts the hosts of the last playbook's recap that have all of these: recaps 19 changed=1 failed=0.
func recaps(ts *testscript.TestScript, neg bool, args []string) {
	_, after, found := strings.Cut(ts.ReadFile("stdout"), "PLAY RECAP")
	want, err := strconv.Atoi(args[0])
	if err != nil || neg || !found {
		ts.Fatalf("no recap, or no number")
	}
	have := 0
	for line := range strings.Lines(after) {
		ok := strings.Contains(line, " ok=")
		for _, word := range args[1:] {
			ok = ok && strings.Contains(line, " "+word+" ")
		}
		if ok {
			have++
		}
	}
	if have != want {
		ts.Fatalf("%d hosts with %v, want %d", have, args[1:], want)
	}
}
