package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
)

// TestPieces: the result of a large document is passed on in pieces, which make one line of ASCII together.
func TestPieces(t *testing.T) {
	r := empty()
	for i := range 10000 {
		r.Objects = append(r.Objects, Object{Kind: "bridge", Name: fmt.Sprintf("br%d", i), Differences: []Difference{}})
		r.Warnings = append(r.Warnings, fmt.Sprintf("%d \u00e9t\u00e9 \"\U0001f600\"\\\x7f", i))
	}
	w := &pieces{fails: -1}
	if err := r.WriteJSON(w); err != nil {
		t.Fatal(err)
	}
	text := slices.Concat(w.got...)
	if len(w.got) < 10 || slices.ContainsFunc(w.got, func(p []byte) bool { return len(p) > 2*piece }) {
		t.Errorf("%d bytes in %d pieces", len(text), len(w.got))
	}
	if i := slices.IndexFunc(text, func(c byte) bool { return c < ' ' || c > 0x7e }); i != len(text)-1 {
		t.Errorf("byte %d of %d is %#x", i, len(text), text[i])
	}
	var back Result
	if err := json.Unmarshal(text, &back); err != nil || len(back.Objects) != len(r.Objects) || !slices.Equal(back.Warnings, r.Warnings) {
		t.Errorf("%v: %d objects, %d warnings", err, len(back.Objects), len(back.Warnings))
	}
	whole, err := JSON(r)
	if err != nil || !bytes.Equal(whole, text) {
		t.Errorf("%v, in one piece it is another text", err)
	}
	if err := r.WriteJSON(&pieces{fails: 3}); !errors.Is(err, errFull) {
		t.Errorf("a writer that fails: %v", err)
	}
	if text, err := JSON(map[string]any{"a": func() {}}); err == nil || text != nil {
		t.Errorf("of what there is no JSON: %q, %v", text, err)
	}
	if text, err := JSON(Raw(`{"a" : 1,`)); err == nil || text != nil {
		t.Errorf("of what is no JSON: %q, %v", text, err)
	}
}

var errFull = errors.New("full")

// pieces keeps what is written, and fails at one write.
type pieces struct {
	got   [][]byte
	fails int
}

func (w *pieces) Write(text []byte) (int, error) {
	if w.fails == len(w.got) {
		return 0, errFull
	}
	w.got = append(w.got, bytes.Clone(text))
	return len(text), nil
}
