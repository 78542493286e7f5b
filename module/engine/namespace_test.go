package engine_test

import (
	"context"
	"path/filepath"
	"testing"

	"hostnet-module/module/engine"
	"hostnet-module/module/store"
	"hostnet-module/tests/fake"
)

// TestReusedNamespace: on a kernel whose namespaces get the names of dead ones, what a dead one left, a journal and a record, is not taken for the new
// one's; check mode marks nothing, and the second run finds what the first one noted.
func TestReusedNamespace(t *testing.T) {
	runtime := t.TempDir()
	dead := &fake.Kernel{Host: host(t, bare)}
	dir := store.Dir(filepath.Join(runtime, "fake"))
	unsettled(t, dead, dir)
	before := dirText(t, dir)

	k := &fake.Kernel{Host: host(t, bare), Nameless: true}
	call := engine.Call{Dial: func() (engine.Kernel, error) { return k, nil }, Runtime: runtime, Check: true}
	if call.Do(context.Background(), document(t, classic)); k.Namespace() != "fake" {
		t.Error("check mode has marked it")
	}
	call.Check = false
	call.Begin(context.Background())
	out := call.Do(context.Background(), document(t, classic))
	if out.Failed != nil || len(out.Recovered) > 0 || !out.Applied {
		t.Errorf("%v, recovered %+v", out.Failed, out.Recovered)
	}
	if after := dirText(t, dir); after != before {
		t.Errorf("the dead one's folder:\n%s\nwas\n%s", after, before)
	}
	if again := call.Do(context.Background(), document(t, classic)); again.Failed != nil || again.Applied {
		t.Errorf("again: %v, applied %v", again.Failed, again.Applied)
	}
	if record, _ := store.Dir(filepath.Join(runtime, "fake-1")).Read("applied.json"); record == nil {
		t.Error("nothing is noted of the new one")
	}
}

func dirText(t *testing.T, dir store.Dir) (text string) {
	t.Helper()
	for _, name := range []string{"journal", "applied.json"} {
		data, err := dir.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		text += name + "\n" + string(data)
	}
	return text
}
