//go:build lab

package kernel

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// TestEachLink: links asked for one by one are what a snapshot says of them, those that come and are only known by their name too.
func TestEachLink(t *testing.T) {
	namespace(t)
	run(t, "set -e\n"+everything)
	t.Cleanup(func() { run(t, "ip netns del far") })
	k, err := Dial()
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	for try := 0; ; try++ { // carrier and address detection go on for a moment
		all, err := k.Snapshot(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		var links linkReader
		before := k.Stats().Lookups
		if err := k.eachLink(context.Background(), []string{"bond0", "nobody"}, &links); err != nil {
			t.Fatal(err)
		}
		if asked := k.Stats().Lookups - before; asked != len(all.Links)+1 {
			t.Errorf("%d lookups for %d links", asked, len(all.Links))
		}
		host, dir := links.end(nil)
		if err := errors.Join(k.addresses(context.Background(), host.Links), k.rest(context.Background(), host, dir)); err != nil {
			t.Fatal(err)
		}
		if want, got := all.String(), host.String(); want != got && try == 20 {
			t.Fatalf("a snapshot says\n%s\none by one\n%s", want, got)
		} else if want == got {
			break
		}
	}
	k.links = newDirectory(0) // of a guardian, which has looked at nothing yet
	var links linkReader
	links.begin()
	if err := k.oneLink("bond0.16", &links); err != nil {
		t.Fatal(err)
	}
	if host, _ := links.end(nil); host.Link("bond0.16") == nil {
		t.Error("not found by its name alone")
	}
}

// TestSnapshotBesideChurn: beside 400 links that come and go without a pause each of 600 that stand is in each snapshot, with its address, and it goes on until
// there was one for which no dump could be had.
func TestSnapshotBesideChurn(t *testing.T) {
	namespace(t)
	var stand, come, leave strings.Builder
	for n := range 600 {
		fmt.Fprintf(&stand, "link add stand%d type dummy\naddr add 198.18.%d.%d/32 dev stand%d\n", n, n/200, n%200+1, n)
	}
	for n := range 400 {
		fmt.Fprintf(&come, "link add come%d type dummy\n", n)
		fmt.Fprintf(&leave, "link del come%d\n", n)
	}
	run(t, "ip -batch - <<X\n"+stand.String()+"X")
	churn(t, come.String()+leave.String())
	k, err := Dial()
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	for round, singly := 0, 0; singly == 0 || round < 3; round++ {
		before := k.Stats().Lookups
		host, err := k.Snapshot(context.Background(), "stand0")
		if err != nil {
			t.Fatal(err)
		}
		if k.Stats().Lookups > before {
			singly++
		}
		for n := range 600 {
			if l := host.Link(fmt.Sprintf("stand%d", n)); l == nil || len(l.Addresses) != 1 {
				t.Fatalf("round %d, %d of them one by one: stand%d is %+v", round, singly, n, l)
			}
		}
	}
}

// churn has lines of ip carried out again and again until the test ends.
func churn(t *testing.T, lines string) {
	cmd := exec.Command("sh", "-c", `while :; do echo "$0" | ip -force -batch -; done 2>/dev/null`, lines)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
	})
}
