package guard

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestLeaveCgroups: both versions of control groups, as /proc tells of them; that the kernel obeys is for the lab.
func TestLeaveCgroups(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	get := func(name string) string {
		b, _ := os.ReadFile(filepath.Join(dir, name))
		return string(b)
	}
	self := strconv.Itoa(os.Getpid())
	put("cgroup", "12:memory:/user.slice\n5:cpu,cpuacct:/\n1:name=systemd:/user.slice/session-1.scope\n0::/user.slice/a b\n")
	put("mountinfo", "20 1 0:5 / /proc rw - proc proc rw\n"+
		"30 1 0:6 / "+dir+`/uni\040fied rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate`+"\n"+
		"31 1 0:7 / "+dir+"/systemd rw shared:5 - cgroup cgroup rw,xattr,release_agent=/x,name=systemd\n"+
		"32 1 0:8 / "+dir+"/cpu rw - cgroup cgroup rw,cpu,cpuacct\n")
	for _, name := range []string{"uni fied", "systemd", "cpu"} {
		put(name+"/cgroup.procs", "")
	}
	if err := leaveCgroups(dir); err == nil || !strings.Contains(err.Error(), "still in /user.slice/session-1.scope") {
		t.Errorf("nothing has moved, and it says %v", err)
	}
	for name, want := range map[string]string{"uni fied": self, "systemd": self, "cpu": ""} {
		if got := get(name + "/cgroup.procs"); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	put("cgroup", "0::/\n")
	if err := leaveCgroups(dir); err != nil {
		t.Errorf("at the top already: %v", err)
	}
	if err := leaveCgroups(filepath.Join(dir, "nowhere")); err != nil {
		t.Errorf("a kernel without control groups: %v", err)
	}
}
