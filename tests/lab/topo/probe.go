package topo

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"hostnet-module/tests/await"
)

// Interval is the time between two probes.
const Interval = 2 * time.Millisecond

// Silence is what a probe measured.
type Silence struct {
	Longest  time.Duration // between two answers, by the kernel's receive time; about Interval when all is well
	Jitter   time.Duration // the longest the prober itself left between two requests: below this, Longest says nothing
	Sent     int
	Answered int // of these, however late
}

// Lost is how many requests were not answered. A machine that stalls delays answers, it does not lose them.
func (s Silence) Lost() int { return s.Sent - s.Answered }

func (s Silence) String() string {
	return fmt.Sprintf("silence %.1f ms (own jitter %.1f ms), %d of %d lost",
		ms(s.Longest), ms(s.Jitter), s.Lost(), s.Sent)
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// Silence measures how long the address is silent while f runs and in the time after, in which
// the kernel's link watch (once a second) may still act.
func (n *Node) Silence(address string, f func()) Silence {
	n.t.Helper()
	p := n.Probe(address)
	f()
	p.settle(1500 * time.Millisecond)
	return p.Stop()
}

// Probe sends an ICMP echo request every two milliseconds, until stopped. It returns after the first answer.
type Probe struct {
	node     *Node
	fd       int
	to       unix.Sockaddr
	v6       bool
	id       uint16
	stop     atomic.Bool
	ended    sync.WaitGroup
	mu       sync.Mutex
	first    uint32 // number of the first request that counts
	sent     []time.Time
	heard    []time.Time // receive times, in order
	answered map[uint32]bool
	newest   uint32 // number of the latest request that was answered
}

var probes atomic.Uint32

// Probe starts one and waits for its first answer.
func (n *Node) Probe(address string) *Probe {
	n.t.Helper()
	addr, err := netip.ParseAddr(address)
	if err != nil {
		n.t.Fatalf("probe: %v", err)
	}
	p := &Probe{node: n, v6: addr.Is6(), id: uint16(probes.Add(1)) + 0x4000, answered: map[uint32]bool{}}
	if p.v6 {
		p.to = &unix.SockaddrInet6{Addr: addr.As16()}
	} else {
		p.to = &unix.SockaddrInet4{Addr: addr.As4()}
	}
	if err := n.inside(p.open); err != nil {
		n.t.Fatalf("%s: probe %s: %v", n, address, err)
	}
	// While a program is being started the runtime's processor waits for its exec, long in software
	// emulation; a few more of them, so that the prober always finds one.
	if runtime.GOMAXPROCS(0) < 8 {
		runtime.GOMAXPROCS(8)
	}
	p.ended.Add(2)
	go p.send()
	go p.receive()
	n.t.Cleanup(func() { p.stop.Store(true); p.ended.Wait() })
	if !await.Until(await.Long, func() bool { return p.answers() > 0 }) {
		n.t.Fatalf("%s: probe %s: no answer at all", n, address)
	}
	p.mu.Lock()
	p.first += uint32(len(p.sent))
	p.sent, p.heard = nil, p.heard[len(p.heard)-1:] // what came before was resolving the address
	p.mu.Unlock()
	return p
}

func (p *Probe) open() error {
	family, protocol := unix.AF_INET, unix.IPPROTO_ICMP
	if p.v6 {
		family, protocol = unix.AF_INET6, unix.IPPROTO_ICMPV6
	}
	var err error
	if p.fd, err = unix.Socket(family, unix.SOCK_RAW|unix.SOCK_CLOEXEC, protocol); err != nil {
		return err
	}
	for _, o := range []struct{ name, value int }{
		{unix.SO_TIMESTAMPNS, 1}, {unix.SO_RCVBUFFORCE, 4 << 20}, {unix.SO_SNDBUFFORCE, 4 << 20},
	} {
		if err := unix.SetsockoptInt(p.fd, unix.SOL_SOCKET, o.name, o.value); err != nil {
			return err
		}
	}
	return unix.SetsockoptTimeval(p.fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Usec: 50_000})
}

// send runs with real-time priority, so that what is measured is the network and not our turn at the CPU.
func (p *Probe) send() {
	defer p.ended.Done()
	realTime()
	next := time.Now()
	for n := uint32(0); !p.stop.Load(); n++ {
		p.mu.Lock()
		p.sent = append(p.sent, time.Now())
		p.mu.Unlock()
		_ = unix.Sendto(p.fd, p.request(n), unix.MSG_DONTWAIT, p.to) // one that the kernel refuses, as without a route, is lost
		next = next.Add(Interval)
		if wait := time.Until(next); wait > 0 {
			pause := unix.NsecToTimespec(wait.Nanoseconds())
			unix.Nanosleep(&pause, nil)
		} else {
			next = time.Now()
		}
	}
}

// realTime ties the goroutine to a thread of its own that goes before all others.
func realTime() {
	runtime.LockOSThread()
	unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: 10}, 0)
}

// request is an echo request (RFC 792, RFC 4443) with its number behind the header, where the answer has it too; the kernel fills in
// the checksum of IPv6 alone.
func (p *Probe) request(n uint32) []byte {
	m := make([]byte, 16)
	m[0] = 8
	if p.v6 {
		m[0] = 128
	}
	binary.BigEndian.PutUint16(m[4:], p.id)
	binary.BigEndian.PutUint16(m[6:], uint16(n))
	binary.BigEndian.PutUint32(m[8:], n)
	if !p.v6 {
		sum := uint32(0)
		for i := 0; i < len(m); i += 2 {
			sum += uint32(binary.BigEndian.Uint16(m[i:]))
		}
		sum = sum>>16 + sum&0xffff
		binary.BigEndian.PutUint16(m[2:], ^uint16(sum+sum>>16))
	}
	return m
}

func (p *Probe) receive() {
	defer p.ended.Done()
	defer unix.Close(p.fd)
	data, control := make([]byte, 256), make([]byte, 256)
	for !p.stop.Load() {
		n, cn, _, _, err := unix.Recvmsg(p.fd, data, control, 0)
		if err != nil {
			continue
		}
		number, mine := p.mine(data[:n])
		if !mine {
			continue
		}
		at := received(control[:cn])
		p.mu.Lock()
		p.heard = append(p.heard, at)
		p.answered[number] = true
		p.newest = max(p.newest, number)
		p.mu.Unlock()
	}
}

// mine tells an answer to us from all other ICMP, which a raw socket hears too, and reads its number.
func (p *Probe) mine(m []byte) (number uint32, mine bool) {
	reply := byte(129)
	if !p.v6 {
		reply = 0
		if len(m) < 20 || len(m) < int(m[0]&15)*4 {
			return 0, false
		}
		m = m[int(m[0]&15)*4:]
	}
	if len(m) < 12 || m[0] != reply || binary.BigEndian.Uint16(m[4:]) != p.id {
		return 0, false
	}
	return binary.BigEndian.Uint32(m[8:]), true
}

// received is when the kernel took the message in.
func received(control []byte) time.Time {
	messages, err := unix.ParseSocketControlMessage(control)
	if err == nil {
		for _, m := range messages {
			if m.Header.Level == unix.SOL_SOCKET && m.Header.Type == unix.SCM_TIMESTAMPNS && len(m.Data) >= 16 {
				return time.Unix(int64(binary.NativeEndian.Uint64(m.Data)), int64(binary.NativeEndian.Uint64(m.Data[8:])))
			}
		}
	}
	return time.Now()
}

func (p *Probe) answers() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.heard)
}

// settle waits until answers have come for the given time without a pause, ten seconds at most.
func (p *Probe) settle(d time.Duration) {
	calm := time.Now()
	last := p.answers()
	for end := calm.Add(10 * time.Second); time.Since(calm) < d && time.Now().Before(end); {
		time.Sleep(50 * time.Millisecond)
		now := p.answers()
		if now == last {
			calm = time.Now()
		}
		last = now
	}
}

// drain is how long the end of a probe waits for what is on its way, where nothing answers any more.
const drain = 5 * time.Second

// Stop ends the probe. Its last request is followed by others until one of these is answered, so what is not answered then is lost; if
// the address is silent at the end, that counts as well.
func (p *Probe) Stop() Silence {
	p.mu.Lock()
	asked, end := len(p.sent), p.first+uint32(len(p.sent))
	p.mu.Unlock()
	await.Until(drain, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.newest >= end
	})
	now := time.Now()
	p.stop.Store(true)
	p.ended.Wait()
	s := Silence{Sent: asked}
	for i := range p.sent {
		if i > 0 {
			s.Jitter = max(s.Jitter, p.sent[i].Sub(p.sent[i-1]))
		}
		if i < asked && p.answered[p.first+uint32(i)] {
			s.Answered++
		}
	}
	for i := 1; i < len(p.heard); i++ {
		s.Longest = max(s.Longest, p.heard[i].Sub(p.heard[i-1]))
	}
	if tail := now.Sub(p.heard[len(p.heard)-1]); tail > 50*time.Millisecond {
		s.Longest = max(s.Longest, tail)
	}
	return s
}
