package main

import (
	"bytes"
	"io"
	"testing"
)

func TestFrames(t *testing.T) {
	var wire bytes.Buffer
	f := &framer{w: &wire}
	big := bytes.Repeat([]byte("x"), 3*frameMax+7)
	if err := f.send(frameHello, nil); err != nil {
		t.Fatal(err)
	}
	if n, err := (stream{f, frameStdout}).Write(big); n != len(big) || err != nil {
		t.Fatal(n, err)
	}
	if err := f.send(frameExit, []byte("3")); err != nil {
		t.Fatal(err)
	}
	var kinds, out []byte
	for {
		kind, data, err := readFrame(&wire)
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		kinds = append(kinds, kind)
		if kind == frameStdout {
			out = append(out, data...)
		}
	}
	if string(kinds) != "hoooox" || !bytes.Equal(out, big) {
		t.Errorf("kinds %q, %d bytes of %d", kinds, len(out), len(big))
	}
	for _, broken := range []string{"o\xff\xff\xff\xff", "o\x00\x00\x00\x05abc", "o\x00"} {
		if _, _, err := readFrame(bytes.NewReader([]byte(broken))); err == nil || err == io.EOF {
			t.Errorf("%q: error %v", broken, err)
		}
	}
}
