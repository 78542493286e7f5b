package cli

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// The page has each subcommand and each flag that --help has, and its date from outside.
func TestManual(t *testing.T) {
	d := newDesk(t)
	d.env["SOURCE_DATE_EPOCH"] = "1700000000"
	status, page, stderr := d.call(t, "help", "--man")
	if status != 0 || stderr != "" || !strings.HasPrefix(page, ".TH HOSTNET\\-MODULE 8 \"2023-11-14\" \"hostnet\\-module v1.2.3\" ") {
		t.Fatalf("exit %d, %s\n%s", status, stderr, page)
	}
	for _, v := range all() {
		if !strings.Contains(page, ".B "+roff(v.usage())+"\n") {
			t.Errorf("no %q in the synopsis", v.usage())
		}
		for _, f := range v.completedFlags() {
			if f.name != "help" && !strings.Contains(page, roff("--"+f.name)) {
				t.Errorf("no --%s of %q", f.name, v.name)
			}
		}
	}
	for line := range strings.Lines(page) {
		if strings.Trim(line, asciiText+"\n") != "" || strings.HasPrefix(line, "'") {
			t.Errorf("not for every roff: %q", line)
		}
	}
}

const asciiText = " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"

// What bash makes of the words on a line with ours in it.
func TestBashCompletion(t *testing.T) {
	_, script, _ := newDesk(t).call(t, "completion", "bash")
	complete := func(words ...string) []string {
		t.Helper()
		array := "'" + strings.Join(words, "' '") + "'"
		cmd := exec.Command("bash", "--norc", "-c", script+`
COMP_WORDS=(`+array+`); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); cd /; _hostnet_module; printf '%s\n' "${COMPREPLY[@]}"`)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v: %s", words, err, out)
		}
		return strings.Fields(string(out))
	}
	rows := []struct {
		words []string
		has   []string
		not   []string
	}{
		{[]string{"hostnet-module", "con"}, []string{"convert"}, []string{"render"}},
		{[]string{"hostnet-module", ""}, []string{"show", "etc"}, []string{"--check"}},
		{[]string{"hostnet-module", "--c"}, []string{"--check"}, []string{"--strict"}},
		{[]string{"hostnet-module", "convert", "--"}, []string{"--from", "--root", "--help"}, []string{"--check"}},
		{[]string{"hostnet-module", "convert", "--from", ""}, sources(), []string{"etc"}},
		{[]string{"hostnet-module", "convert", "--from", "=", "net"}, []string{"netplan"}, []string{"ifupdown"}},
		{[]string{"hostnet-module", "render", "--to", "net"}, []string{"netplan", "networkd"}, []string{"ifupdown"}},
		{[]string{"hostnet-module", "convert", "et"}, []string{"etc"}, []string{"convert"}},
		{[]string{"hostnet-module", "help", "sh"}, []string{"show"}, []string{"bash"}},
		{[]string{"hostnet-module", "completion", ""}, shells(), []string{"show", "etc"}},
		{[]string{"hostnet-module", "--check", "et"}, []string{"etc"}, []string{"show"}},
	}
	for _, r := range rows {
		got := complete(r.words...)
		for _, w := range r.has {
			if !slices.Contains(got, w) {
				t.Errorf("%q: no %s among %q", r.words, w, got)
			}
		}
		for _, w := range r.not {
			if slices.Contains(got, w) {
				t.Errorf("%q: %s is among %q", r.words, w, got)
			}
		}
	}
	if status, _, stderr := newDesk(t).call(t, "completion", "csh"); status != 2 || !strings.Contains(stderr, "must be one of bash, fish, zsh") {
		t.Error(status, stderr)
	}
}
