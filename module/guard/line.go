package guard

import (
	"encoding/json"
	"fmt"
	"io"
)

// What a run may tell its guardian, and no more is held in memory.
const (
	mostCharge = 1 << 20
	mostWord   = 64 << 20 // the news for the record: of 4,094 segments some 3 MB
)

// messages reads a run's, each of which has its bound.
type messages struct {
	from io.Reader
	left int
	in   *json.Decoder
}

func hearing(from io.Reader) *messages {
	m := &messages{from: from}
	m.in = json.NewDecoder(m)
	return m
}

// next reads one message of at most so many bytes, give or take what the decoder reads ahead.
func (m *messages) next(v any, most int) error {
	m.left = most
	return m.in.Decode(v)
}

// Read is for the decoder.
func (m *messages) Read(p []byte) (int, error) {
	if m.left <= 0 {
		return 0, fmt.Errorf("a message that does not end")
	}
	n, err := m.from.Read(p[:min(len(p), m.left)])
	m.left -= n
	return n, err
}
