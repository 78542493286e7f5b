package guard

import (
	"encoding/binary"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// alarm rings once, some time after it was set. Setting it again moves it.
type alarm interface {
	set(time.Duration) error
	rings() <-chan struct{}
}

// bootAlarm goes by a clock that nobody sets and that goes on while the machine sleeps (timerfd_create(2), CLOCK_BOOTTIME): a host
// that wakes up after its deadline undoes at once.
type bootAlarm struct {
	fd   int
	ring chan struct{}
}

func newBootAlarm() (*bootAlarm, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_BOOTTIME, unix.TFD_CLOEXEC|unix.TFD_NONBLOCK)
	if err != nil {
		return nil, os.NewSyscallError("timerfd_create", err)
	}
	a := &bootAlarm{fd, make(chan struct{})}
	go a.listen(os.NewFile(uintptr(fd), "alarm"))
	return a, nil
}

// listen passes on what the timer says. Only the latest setting counts: the timer forgets its expirations when it is set.
func (a *bootAlarm) listen(f *os.File) {
	var count [8]byte
	for {
		if _, err := f.Read(count[:]); err != nil {
			return
		}
		if binary.NativeEndian.Uint64(count[:]) > 0 {
			a.ring <- struct{}{}
		}
	}
}

func (a *bootAlarm) set(d time.Duration) error {
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(max(d, 1).Nanoseconds())}
	return os.NewSyscallError("timerfd_settime", unix.TimerfdSettime(a.fd, 0, &spec, nil))
}

func (a *bootAlarm) rings() <-chan struct{} { return a.ring }

// boottime is that clock.
func boottime() time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_BOOTTIME, &t) // no error that could be (clock_gettime(2))
	return time.Duration(t.Nano())
}
