package main

import (
	"context"
	"os"
	"os/signal"
)

// interrupted is a context that one of some signals ends. The runtime changes threads twice for each signal that it is to listen for, so
// that is done while the document is read: heard waits until it has been.
func interrupted(signals ...os.Signal) (ctx context.Context, heard func()) {
	ctx, end := context.WithCancelCause(context.Background())
	listening := make(chan struct{})
	go func() {
		notified, _ := signal.NotifyContext(context.Background(), signals...)
		context.AfterFunc(notified, func() { end(context.Cause(notified)) })
		close(listening)
	}()
	return ctx, func() { <-listening }
}
