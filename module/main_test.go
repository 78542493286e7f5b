package main

import (
	"os"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"hostnet-module": main, "AnsiballZ_hostnet": main, "measured": measured})
}

// The stories run the real main. They touch no network: documents are bad, or only looked at.
func TestStories(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata", Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits}})
}

// exits runs a command and asks for its exit status: exits 2 hostnet-module bad.yaml
func exits(ts *testscript.TestScript, _ bool, args []string) {
	if err := ts.Exec(args[1], args[2:]...); args[0] == "0" {
		ts.Check(err)
	} else if err == nil || !strings.HasSuffix(err.Error(), "exit status "+args[0]) {
		ts.Fatalf("%v, want exit status %s", err, args[0])
	}
}

// A pipe can be read once: the second door gets what the first one read.
func TestOnce(t *testing.T) {
	read := once(strings.NewReader("text"))
	for range 2 {
		if data, err := read("-"); string(data) != "text" || err != nil {
			t.Error(data, err)
		}
	}
	for _, name := range []string{t.TempDir(), "/nowhere"} {
		if _, err := read(name); err == nil {
			t.Error(name)
		}
	}
	big, err := os.Create(t.TempDir() + "/big")
	if err != nil {
		t.Fatal(err)
	}
	if err := big.Truncate(mostInput + 1); err != nil {
		t.Fatal(err)
	}
	if _, err := read(big.Name()); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Error(err)
	}
}
