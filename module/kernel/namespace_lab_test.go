//go:build lab

package kernel

import (
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// inNew calls f in a network namespace of its own, which is gone when nobody holds it any more.
func inNew(t *testing.T, f func()) {
	t.Helper()
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlock: the thread ends with the goroutine
		err := unix.Unshare(unix.CLONE_NEWNET)
		if err == nil {
			f()
		}
		done <- err
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// TestMark: where the kernel has no cookie, a namespace has a mark of ours that stays as it is, is its own, and dies with it: one that gets its inode
// is told from it. (The kernels of the lab have cookies, so the socket is one that has none.)
func TestMark(t *testing.T) {
	seen, inodes, again := map[string]bool{}, map[string]bool{}, 0
	for range 64 {
		inNew(t, func() {
			k := &Kernel{fd: -1}
			bare := k.Namespace()
			if strings.Contains(bare, "-") {
				t.Errorf("%s is marked, by whom?", bare)
			}
			if inodes[bare] {
				again++
			}
			inodes[bare] = true
			k.Mark()
			name := k.Namespace()
			k.Mark()
			if !strings.HasPrefix(name, bare+"-") || name != k.Namespace() || seen[name] {
				t.Errorf("%s, after that %s, then %s; seen before: %v", bare, name, k.Namespace(), seen[name])
			}
			seen[name] = true
			if strings.ContainsAny(name, "/. ") {
				t.Errorf("%q is no file's name", name)
			}
		})
	}
	t.Logf("%d of 64 namespaces had the inode of an earlier one", again)
}
