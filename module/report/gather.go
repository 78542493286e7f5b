package report

import (
	"hostnet-module/module/spec"
	"hostnet-module/module/state"
)

// Gathered tells the running topology as a document that could be applied.
func Gathered(h *state.Host) *Result {
	doc := gather(h)
	r := empty()
	r.Document = &Document{doc.Encode()}
	r.Msg = "gathered " + count(len(doc.Objects), "object")
	return r
}

func gather(h *state.Host) *spec.Document {
	return &spec.Document{State: spec.Present}
}
