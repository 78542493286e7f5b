package cloudinit

import (
	"bufio"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"hostnet-module/module/engine"
	"hostnet-module/module/spec"
	"hostnet-module/module/store"
)

// TestCutBeforeSettled: the power goes when a run has written the document that boots and is not settled. The next boot brings up the one
// from before it, says so, and keeps it.
func TestCutBeforeSettled(t *testing.T) {
	const document = "/etc/hostnet/hostnet.yaml"
	m := newMachine(t, map[string]string{document: classic})
	m.told(0)
	was := m.read(document)
	lasting := store.Dir(filepath.Join(m.boot.Host.Root, store.Lasting))
	var journal []byte
	doc, problems, _ := spec.Read([]byte(strings.Replace(classic, "192.0.2.10/24", "192.0.2.11/24", 1)), document)
	out := engine.Call{Dial: m.boot.Dial, Runtime: m.boot.Runtime, Boot: &m.boot.Host, Note: func(string) {
		if data, _ := lasting.ReadSealed("journal", 1); data != nil {
			journal = data
		}
	}}.Do(t.Context(), doc)
	if len(problems) > 0 || out.Failed != nil || len(out.Problems) > 0 || journal == nil || !strings.Contains(m.read(document), "192.0.2.11/24") {
		t.Fatal(problems, out.Failed, out.Problems, m.read(document))
	}
	var fields map[string]any
	err := json.Unmarshal(journal, &fields)
	fields["boot"] = "the one before"
	if err == nil {
		journal, err = json.Marshal(fields)
	}
	if err == nil {
		err = lasting.WriteSealed("journal", 1, func(w *bufio.Writer) error { _, err := w.Write(journal); return err })
	}
	if err != nil {
		t.Fatal(err)
	}
	m.restart()
	m.told(0)
	if up := m.kernel.Host.String(); !strings.Contains(up, "192.0.2.10/24") || strings.Contains(up, "192.0.2.11/24") || m.read(document) != was {
		t.Errorf("up came\n%s\nwhat boots next is\n%s", up, m.read(document))
	}
	if !strings.Contains(m.console.String(), "did not come to its end") {
		t.Errorf("the console says %q", m.console.String())
	}
	if data, err := lasting.Read("journal"); data != nil || err != nil {
		t.Errorf("the journal is still there: %v", err)
	}
}
