package persist

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"

	"hostnet-module/module/spec"
)

// To lay a document of thousands of objects over the one that boots, only to find that it is in there already, is most of what a run costs that
// changes nothing. So it is noted, for as long as the machine runs, which document was found in which.

// known is the file in Host.Known.
const known = "in-boot"

// worthKnowing is the size of a boot document from which on it is noted.
const worthKnowing = 32 << 10

// key stands for both documents.
func key(boots []byte, doc *spec.Document) string {
	sum := sha256.New()
	sum.Write(binary.BigEndian.AppendUint64(nil, uint64(len(boots))))
	sum.Write(boots)
	sum.Write(doc.Encode().JSON())
	return hex.EncodeToString(sum.Sum(nil))
}

// within tells whether a document is known to be in the one that boots, and how to note that it is; "": it is not to be noted.
func (h Host) within(boots []byte, doc *spec.Document) (is bool, note string) {
	if h.Known == "" || len(boots) < worthKnowing || h.tree().Exists(unmanaged) {
		return false, ""
	}
	note = key(boots, doc)
	was, err := h.Known.ReadOwn(known)
	return err == nil && string(was) == note, note
}

// Note notes that nothing was to be changed. That it cannot be noted costs the next run some time.
func (p *Plan) Note() {
	if p.note != "" && !p.Changed() {
		_ = p.host.Known.Write(known, []byte(p.note))
	}
}
