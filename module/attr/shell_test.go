package attr_test

import (
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"hostnet-module/module/attr"
)

// nasty are words that shells do something with.
var nasty = []string{"", "b;id>&2", "b$(id)", "v;16", "`hot`", "rack $7, it's `hot`", `"`, `'`, `'''`, `\`, `a\`, "a b", "\ta", "a\nb", "\n", "*", "?", "[a-z]*", "~", "~root", "#x", "!x", "a=b", "{a,b}", "-n",
	"--", "$IFS", "${x}", "$'\\n'", "&", "|", "<", ">", "(", ")", "\x1b[31m", "br\u00fccke", "\u202e", "a\u00a0b", "\x80", "\xff'", "%s", "%"}

// read has a shell read a line, and gives back the words that it makes of it.
func read(t *testing.T, line string) []string {
	t.Helper()
	out, err := exec.Command("sh", "-c", `printf '%s\0' `+line).Output()
	if err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
}

// TestWord has a real shell read what was written: it reads the same words.
func TestWord(t *testing.T) {
	words := append([]string{}, nasty...)
	for range 300 {
		b := make([]byte, rand.IntN(12))
		for i := range b {
			b[i] = byte(1 + rand.IntN(255))
			if rand.IntN(2) == 0 {
				b[i] = "'\"\\$`;&|<>(){}[]*?~#! \t\n=-a"[rand.IntN(27)]
			}
		}
		words = append(words, string(b))
	}
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = attr.Word(w)
	}
	got := read(t, strings.Join(quoted, " "))
	if len(got) != len(words) {
		t.Fatalf("%d words were written, %d read", len(words), len(got))
	}
	for i, w := range words {
		if got[i] != w {
			t.Errorf("%q was written as %s, and read as %q", w, quoted[i], got[i])
		}
	}
	for _, w := range []string{"bond0.16", "192.0.2.1/24", "00:16:3e:00:00:01", "802.3ad", "fe80::1"} {
		if attr.Word(w) != w {
			t.Errorf("%s became %s", w, attr.Word(w))
		}
	}
}
