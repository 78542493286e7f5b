//go:build lab

package faults

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestMain is the test's, but where the test of power cuts asks for it (power_host_test.go): then this is the machine's boot.
func TestMain(m *testing.M) {
	name, change, ok := strings.Cut(os.Getenv("HOSTNET_CUT"), ":")
	if self, err := os.Readlink("/proc/1/exe"); !ok || err != nil || self != "/init" || os.Getenv("HOSTNET_LAB") == "" {
		os.Exit(m.Run())
	}
	n, _ := strconv.Atoi(change)
	for _, p := range plans {
		if p.name == name {
			boot(p, n)
		}
	}
	tell("ENDED", "")
}

// tell says something to the host.
func tell(word string, what any) {
	text, _ := json.Marshal(what)
	fmt.Printf("@@%s %s\n", word, text)
}

// grave is a judge for whom everything ends.
type grave struct{}

func (grave) Helper() {}
func (grave) Fatal(args ...any) {
	tell("FATAL", fmt.Sprint(args...))
	os.Exit(1)
}
func (g grave) Fatalf(format string, args ...any) { g.Fatal(fmt.Sprintf(format, args...)) }

// unkept is for documents that shall not come back at boot by themselves: here the old network does.
const unkept = "\npersist: false\n"

// boot is a boot of the machine with a disk for what outlives one: the old network is set up as ever, the program is started and tells
// what it finds; then it carries a plan out and is held at its n-th change, for the power to be cut.
func boot(p plan, n int) {
	var g grave
	if err := os.MkdirAll("/var/lib/hostnet", 0o755); err != nil {
		g.Fatal(err)
	}
	if err := unix.Mount("/dev/vda", "/var/lib/hostnet", "ext4", 0, ""); err != nil {
		g.Fatal("mount: ", err)
	}
	s := &space{t: g}
	s.settle(p.prepare)
	left, _ := os.ReadDir("/var/lib/hostnet")
	var names []string
	for _, f := range left {
		names = append(names, f.Name())
	}
	tell("LEFT", names)
	tell("WAS", strings.Split(s.picture(), "\n"))
	next := s.run(fault{}, nothing+unkept, program, "--format", "json", "-")
	if tell("NEXT", next.result); next.exit != 0 {
		g.Fatalf("the next start: exit %d: %s", next.exit, next.text)
	}
	tell("IS", strings.Split(s.picture(), "\n")) // the host compares
	if p.first != "" {
		if out, exit := s.exec(p.first+unkept, program, "--format", "json", "-"); exit != 0 {
			g.Fatal(out)
		}
	}
	s.ip(p.guests)
	e := s.run(fault{n: n, way: held, meanwhile: func(int) {
		tell("CUT", "")
		select {}
	}}, p.document+unkept, program, "--format", "json", "-")
	tell("WHOLE", len(e.seen))
}
