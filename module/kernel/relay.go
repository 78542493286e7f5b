package kernel

import (
	"encoding/binary"
	"runtime"

	"golang.org/x/sys/unix"
)

// relay is a reader that lets another one read in a thread of its own, once there are many messages: with thousands of links the kernel takes as long to
// tell of one as it takes to read what it has told. A message is copied, some at a time are handed on.
type relay struct {
	to     reader
	inline int // messages that are read at once, before there is a thread

	taken int
	batch []byte      // as in a datagram
	full  chan []byte // to be read; nil: there is no thread
	empty chan []byte // that may be filled
	done  chan any    // closed by the thread, after what it has failed with
}

const (
	fewMessages = 256
	batchBytes  = 64 << 10
	batches     = 4
)

// newRelay is a relay where there is another processor to read on.
func newRelay(to reader) *relay {
	r := &relay{to: to, inline: fewMessages}
	if runtime.GOMAXPROCS(0) == 1 {
		r.inline = int(^uint(0) >> 1)
	}
	return r
}

func (r *relay) begin() {
	r.end()
	r.taken = 0
	r.to.begin()
}

func (r *relay) take(m message) {
	if r.taken++; r.taken <= r.inline {
		r.to.take(m)
		return
	}
	if r.full == nil {
		r.start()
	}
	length := unix.SizeofNlMsghdr + len(m.data)
	if len(r.batch) > 0 && len(r.batch)+length > batchBytes {
		r.full <- r.batch
		r.batch = (<-r.empty)[:0]
	}
	r.batch = binary.NativeEndian.AppendUint32(r.batch, uint32(length))
	r.batch = binary.NativeEndian.AppendUint16(r.batch, m.typ)
	r.batch = append(append(r.batch, make([]byte, unix.SizeofNlMsghdr-6)...), m.data...)
	r.batch = append(r.batch, make([]byte, align(length)-length)...)
}

func (r *relay) start() {
	r.full, r.empty, r.done = make(chan []byte, batches), make(chan []byte, batches), make(chan any, 1)
	for range batches {
		r.empty <- make([]byte, 0, batchBytes)
	}
	r.batch = <-r.empty
	go r.read(r.full, r.empty, r.done)
}

func (r *relay) read(full <-chan []byte, empty chan<- []byte, done chan<- any) {
	defer close(done)
	defer func() {
		if fault := recover(); fault != nil {
			done <- fault
			for batch := range full { // nobody is to wait
				empty <- batch
			}
		}
	}()
	for batch := range full {
		each(batch, func(h header, data []byte) { r.to.take(message{h.typ, data}) })
		empty <- batch
	}
}

// end waits until everything is read.
func (r *relay) end() {
	if r.full == nil {
		return
	}
	r.full <- r.batch
	close(r.full)
	fault := <-r.done
	r.full, r.empty, r.batch = nil, nil, nil
	if fault != nil {
		panic(fault)
	}
}
