package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"sync"
)

// The two sides talk in frames over one virtio-serial port: a kind, a length of
// four bytes, the data. One port keeps the order of standard output and error.
const (
	frameHello  = 'h' // guest: up, the program starts now
	frameStdout = 'o'
	frameStderr = 'e'
	frameBack   = 't' // a piece of a tar file with what comes back
	frameExit   = 'x' // decimal exit status; the last
	frameSignal = 's' // host: one byte, a signal for the program
	frameDump   = 'd' // host: say on the console what hangs
)

// portName is the port's name, portPath the guest's device: the first port of the first controller.
const (
	portName = "lab"
	portPath = "/dev/vport0p1"
)

const frameMax = 32 << 10

// framer writes frames; safe for concurrent use.
type framer struct {
	mu sync.Mutex
	w  io.Writer
}

func (f *framer) send(kind byte, data []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for {
		part := data[:min(len(data), frameMax)]
		data = data[len(part):]
		head := binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(part)))
		if _, err := f.w.Write(append(head, part...)); err != nil {
			return err
		}
		if len(data) == 0 {
			return nil
		}
	}
}

// stream is a writer that sends what is written as frames of one kind.
type stream struct {
	to   *framer
	kind byte
}

func (s stream) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	return len(p), s.to.send(s.kind, p)
}

// readFrame reads one frame; io.EOF only between two.
func readFrame(r io.Reader) (kind byte, data []byte, err error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, err
	}
	n := binary.BigEndian.Uint32(head[1:])
	if n > frameMax {
		return 0, nil, fmt.Errorf("frame %q of %d bytes", head[0], n)
	}
	data = make([]byte, n)
	_, err = io.ReadFull(r, data)
	return head[0], data, err
}
