package cloudinit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"hostnet-module/module/persist"
)

// What came with the machine is taken once, and again when it says something else: which documents have been taken stands in persist.Origin.

// digest is the same for documents that say the same, in whatever form.
func (s *source) digest() string {
	sum := sha256.Sum256(s.doc.Encode().JSON())
	return hex.EncodeToString(sum[:])
}

// everything is the entry for all that came with the machine when a document of it was last taken: while that is as it was, nothing of it is read.
const everything = "all that came with the machine"

// origins are the digests of the documents that have been taken, by where they came from.
func (b *Boot) origins() map[string]string {
	taken := map[string]string{}
	if json.Unmarshal(b.read(persist.Origin), &taken) != nil {
		return map[string]string{}
	}
	return taken
}

func (b *Boot) isNew(s *source) bool {
	return len(s.problems) > 0 || b.origins()[s.Name] != s.digest()
}

// remember notes that a document has been taken, and of what.
func (b *Boot) remember(name string, s *source, of string) error {
	taken := b.origins()
	taken[name] = s.digest()
	if of != "" {
		taken[everything] = of
	}
	text, err := json.MarshalIndent(taken, "", "  ")
	if err != nil {
		return err
	}
	return b.tree().Write(persist.Origin, append(text, '\n'), 0o644)
}
