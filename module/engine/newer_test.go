package engine_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"hostnet-module/module/engine"
	"hostnet-module/module/guard"
	"hostnet-module/module/store"
	"hostnet-module/tests/fake"
)

// TestNewer: what a later version wrote is refused by name, neither moved nor written over, by whoever reads it, in check mode too.
func TestNewer(t *testing.T) {
	for name, text := range map[string]string{
		"journal": "hostnet-journal 2 3 abc\nnew", "journal ": "hostnet-journal 10 in words", "applied.json": "hostnet-applied 2\n{}", "applied.json ": "hostnet-applied 3 {\"br0\": 1}",
	} {
		k := &fake.Kernel{Host: host(t, bare)}
		runtime := t.TempDir()
		dir := store.Dir(filepath.Join(runtime, "fake"))
		if err := dir.Write(strings.TrimSpace(name), []byte(text)); err != nil {
			t.Fatal(err)
		}
		call := engine.Call{Dial: func() (engine.Kernel, error) { return k, nil }, Runtime: runtime}
		check := call
		check.Check = true
		refused := map[string]error{"run": call.Do(context.Background(), document(t, classic)).Failed, "check": check.Do(context.Background(), document(t, classic)).Failed}
		if strings.HasPrefix(name, "journal") {
			_, refused["settle"] = call.Settle(context.Background())
			refused["undo"] = call.Undo(context.Background(), "").Failed
			_, refused["rollback"] = call.Answer(context.Background(), guard.Request{Verb: guard.AskRollback})
			_, refused["confirm"] = call.Answer(context.Background(), guard.Request{Verb: guard.AskConfirm})
		}
		for what, err := range refused {
			var newer *store.Newer
			if !errors.As(err, &newer) || !strings.Contains(err.Error(), string(dir)) || !strings.Contains(err.Error(), "newer hostnet-module") {
				t.Errorf("%s: %s: %v", name, what, err)
			}
		}
		entries, _ := os.ReadDir(string(dir))
		for _, e := range entries {
			if strings.Contains(e.Name(), "damaged") {
				t.Errorf("%s: %s", name, e.Name())
			}
		}
		if left, _ := dir.Read(strings.TrimSpace(name)); string(left) != text || len(k.Sent) > 0 {
			t.Errorf("%s: %q is left, %d steps sent", name, left, len(k.Sent))
		}
	}
}

// TestNewerAtBoot: after a power cut under a newer program and a downgrade the host boots with its network all the same. The journal stays where it
// is, and each run later on refuses.
func TestNewerAtBoot(t *testing.T) {
	const text = "hostnet-journal 2 3 abc\nnew"
	k := &fake.Kernel{Host: host(t, bare)}
	r := engine.Runner{Kernel: k, Dir: store.Dir(t.TempDir()), Lasting: store.Dir(t.TempDir()), Hurry: true}
	if err := r.Lasting.Write("journal", []byte(text)); err != nil {
		t.Fatal(err)
	}
	out := r.Run(t.Context(), document(t, classic))
	if out.Failed != nil || len(out.Recovered) != 1 || out.Recovered[0].Action != engine.InTheWay || !strings.Contains(k.Host.String(), "vlan16") {
		t.Fatalf("%+v\n%s", out, k.Host)
	}
	r.Hurry = false
	newer := (*store.Newer)(nil)
	if out := r.Run(t.Context(), document(t, classic)); !errors.As(out.Failed, &newer) {
		t.Errorf("later: %v", out.Failed)
	}
	if left, _ := r.Lasting.Read("journal"); string(left) != text {
		t.Errorf("left: %q", left)
	}
}

// TestForeignAtBoot: nor does what nobody can tell to be a journal cost the boot. It is neither waited for, believed, nor replaced.
func TestForeignAtBoot(t *testing.T) {
	for what, put := range map[string]func(path string) error{
		"pipe":    func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"folder":  func(path string) error { return os.Mkdir(path, 0o700) },
		"link":    func(path string) error { return os.Symlink("/etc/passwd", path) },
		"nowhere": func(path string) error { return os.Symlink("nowhere", path) },
		"wide": func(path string) error {
			return errors.Join(os.WriteFile(path, []byte("hostnet-journal 1"), 0o600), os.Chmod(path, 0o666))
		},
	} {
		t.Run(what, func(t *testing.T) {
			k := &fake.Kernel{Host: host(t, bare)}
			r := engine.Runner{Kernel: k, Dir: store.Dir(t.TempDir()), Lasting: store.Dir(t.TempDir()), Hurry: true}
			path := filepath.Join(string(r.Lasting), "journal")
			if err := put(path); err != nil {
				t.Fatal(err)
			}
			was, _ := os.Lstat(path)
			out := r.Run(t.Context(), document(t, classic))
			if out.Failed != nil || len(out.Recovered) != 1 || out.Recovered[0].Action != engine.InTheWay || !strings.Contains(k.Host.String(), "vlan16") {
				t.Errorf("%+v\n%s", out, k.Host)
			}
			if is, err := os.Lstat(path); err != nil || !os.SameFile(was, is) {
				t.Errorf("what lay there is another one: %v", err)
			}
			r.Hurry = false
			if out := r.Run(t.Context(), document(t, classic)); out.Failed == nil || !strings.Contains(out.Failed.Error(), path) {
				t.Errorf("later: %v", out.Failed)
			}
			call := engine.Call{Dial: func() (engine.Kernel, error) { return k, nil }, Runtime: t.TempDir()}
			dir := filepath.Join(call.Runtime, "fake")
			if err := errors.Join(os.Mkdir(dir, 0o700), put(filepath.Join(dir, "journal"))); err != nil {
				t.Fatal(err)
			}
			if c := call.Confirmation(t.Context(), k); len(c.Unsettled) != 1 || !strings.Contains(c.Unsettled[0].String(), filepath.Join(dir, "journal")) || strings.Contains(c.Unsettled[0].String(), "would see to it") {
				t.Errorf("show says %v", c.Unsettled)
			}
		})
	}
}

// TestForeignFolderAtBoot: nor does a folder that somebody else may have put in the place of the journals', and nothing is written where it leads.
func TestForeignFolderAtBoot(t *testing.T) {
	elsewhere := t.TempDir()
	for what, put := range map[string]func(path string) error{
		"link": func(path string) error { return os.Symlink(elsewhere, path) },
		"pipe": func(path string) error { return syscall.Mkfifo(path, 0o600) },
	} {
		k := &fake.Kernel{Host: host(t, bare)}
		path := filepath.Join(t.TempDir(), "lasting")
		if err := put(path); err != nil {
			t.Fatal(err)
		}
		r := engine.Runner{Kernel: k, Dir: store.Dir(t.TempDir()), Lasting: store.Dir(path), Hurry: true}
		out := r.Run(t.Context(), document(t, classic))
		if out.Failed != nil || len(out.Recovered) != 1 || !strings.Contains(out.Recovered[0].String(), path) || !strings.Contains(k.Host.String(), "vlan16") {
			t.Errorf("%s: %+v", what, out)
		}
		r.Hurry = false
		if out := r.Run(t.Context(), document(t, classic)); out.Failed == nil || !strings.Contains(out.Failed.Error(), path) {
			t.Errorf("%s, later: %v", what, out.Failed)
		}
	}
	if left, _ := os.ReadDir(elsewhere); len(left) > 0 {
		t.Errorf("written where the link leads: %v", left)
	}
}

// FuzzJournal: whatever lies in the place of the journal, a run begins with nothing, or refuses; what a later version wrote stays as it is.
func FuzzJournal(f *testing.F) {
	f.Add([]byte("hostnet-journal 2            3 abc\nnew"))
	f.Add([]byte("hostnet-journal 1            2 44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\n{}"))
	f.Add([]byte(""))
	f.Add([]byte("hostnet-journal 99999999999999999999 0 \n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		k := &fake.Kernel{Host: host(t, bare)}
		runtime := t.TempDir()
		dir := store.Dir(filepath.Join(runtime, "fake"))
		if err := dir.Write("journal", text); err != nil {
			t.Fatal(err)
		}
		was := k.Host.String()
		_, err := engine.Call{Dial: func() (engine.Kernel, error) { return k, nil }, Runtime: runtime}.Settle(context.Background())
		left, _ := dir.Read("journal")
		var newer *store.Newer
		if errors.As(err, &newer) != (left != nil && string(left) == string(text)) || k.Host.String() != was {
			t.Errorf("%v; left %q", err, left)
		}
	})
}

// FuzzRecord: whatever lies in the place of the record, a run makes the network, or refuses what a later version wrote and leaves that as it is.
func FuzzRecord(f *testing.F) {
	f.Add([]byte("hostnet-applied 2\n{}"))
	f.Add([]byte("{\n\"br0\":{\"kind\":\"bridge\"}\n}\n"))
	f.Add([]byte("null"))
	f.Add([]byte("hostnet-applied 0x2"))
	f.Fuzz(func(t *testing.T, text []byte) {
		k := &fake.Kernel{Host: host(t, bare)}
		runtime := t.TempDir()
		dir := store.Dir(filepath.Join(runtime, "fake"))
		if err := dir.Write("applied.json", text); err != nil {
			t.Fatal(err)
		}
		out := engine.Call{Dial: func() (engine.Kernel, error) { return k, nil }, Runtime: runtime}.Do(context.Background(), document(t, "bridges: [{name: br0}]"))
		left, _ := dir.Read("applied.json")
		var newer *store.Newer
		if refused := errors.As(out.Failed, &newer); out.Failed != nil && !refused || refused && (string(left) != string(text) || len(k.Sent) > 0) {
			t.Errorf("%v; left %q", out.Failed, left)
		}
	})
}
