package main

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// event is what can happen to a running machine.
type event struct {
	kind byte
	data []byte
	err  error
}

// follow passes the program's output on until it ends, the machine dies, or time is up.
func (j *job) follow(m *machine) (int, error) {
	events := make(chan event)
	go func() {
		for {
			kind, data, err := readFrame(m.conn)
			events <- event{kind, data, err}
			if err != nil {
				return
			}
		}
	}()
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT)
	deadline := time.NewTimer(bootTime)
	waiting := fmt.Errorf("%w after %v", errNotUp, bootTime)
	to := &framer{w: m.conn}
	back := newReturns(j)
	for {
		select {
		case e := <-events:
			if e.err != nil {
				return 0, errors.Join(errors.New("the machine went down"), <-m.ended)
			}
			switch e.kind {
			case frameHello:
				if j.verbose {
					fmt.Fprintf(os.Stderr, "lab: Linux %s up after %.1f s\n", m.kernel.release, time.Since(j.started).Seconds())
				}
				deadline.Reset(j.timeout)
				waiting = fmt.Errorf("killed: the program was not done after %v", j.timeout)
			case frameStdout:
				os.Stdout.Write(e.data)
			case frameStderr:
				os.Stderr.Write(e.data)
			case frameBack:
				back.Write(e.data)
			case frameExit:
				code, err := strconv.Atoi(string(e.data))
				return code, errors.Join(err, back.finish())
			}
		case s := <-signals:
			if s != unix.SIGQUIT { // go test sends it to see the goroutines
				return 0, fmt.Errorf("%v", s)
			}
			to.send(frameSignal, []byte{byte(unix.SIGQUIT)})
		case <-deadline.C:
			j.lastWords(to, events)
			return 0, waiting
		}
	}
}

// lastWords has a Go program print its goroutines and the kernel the tasks that
// are blocked, before the machine is killed.
func (j *job) lastWords(to *framer, events chan event) {
	go func() {
		to.send(frameDump, nil)
		to.send(frameSignal, []byte{byte(unix.SIGQUIT)})
	}()
	for end := time.After(5 * time.Second); ; {
		select {
		case e := <-events:
			if e.err != nil || e.kind == frameExit {
				return
			}
			if e.kind == frameStdout || e.kind == frameStderr {
				os.Stderr.Write(e.data)
			}
		case <-end:
			return
		}
	}
}
