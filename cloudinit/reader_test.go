package cloudinit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"hostnet-module/module/persist"
)

// TestMain lets this program be a reader, and one that goes wrong in a way that the first finding's name tells.
func TestMain(m *testing.M) {
	if !CalledToRead(os.Args) {
		os.Exit(m.Run())
	}
	var said bytes.Buffer
	said.ReadFrom(os.Stdin)
	word, _, _ := strings.Cut(strings.TrimPrefix(said.String(), `{"findings":[{"name":"`), `"`)
	switch word {
	case "memory", "time", "hang", "garbage", "silence":
		if err := bound(); err != nil {
			panic(err)
		}
		fmt.Println(0)
	}
	switch word {
	case "memory":
		for list := [][]byte{}; ; {
			list = append(list, bytes.Repeat([]byte{1}, 1<<20))
		}
	case "time":
		syscall.Setrlimit(syscall.RLIMIT_CPU, &syscall.Rlimit{Cur: 1, Max: 1})
		for {
			_ = strings.Repeat("x", 1000)
		}
	case "hang":
		time.Sleep(time.Hour)
	case "garbage":
		fmt.Print(strings.Repeat("done\x1b[2J999\n", 1<<16))
		os.Exit(0)
	case "silence":
		os.Exit(0)
	}
	os.Exit(ServeReader(&said, os.Stdout))
}

// TestReader: a reader that comes to its end says so; one that does not is told with the file that it was at, however it ended.
func TestReader(t *testing.T) {
	good := Errand{Findings: []finding{{Name: "/a/user-data", Data: []byte("#cloud-config\n"), Form: cloudFile}, {Name: "/a/hostnet.yaml", Data: []byte(classic), Form: wholeFile}},
		Kept: &kept{persist.Document, []byte("bridges: [{name: br0}]")}}
	if err := Read(t.Context(), good); err != nil {
		t.Error(err)
	}
	good.Findings[1].Data = []byte("bonds: [{nam: x}]") // bad, and read to its end
	if err := Read(t.Context(), good); err != nil {
		t.Error(err)
	}
	for _, word := range []string{"memory", "time", "hang", "garbage", "silence"} {
		ctx, cancel := t.Context(), func() {}
		if word == "hang" {
			ctx, cancel = context.WithTimeout(ctx, 500*time.Millisecond)
		}
		err := Read(ctx, Errand{Findings: []finding{{Name: word, Data: []byte("x"), Form: wholeFile}}})
		cancel()
		var at *Unread
		if !errors.As(err, &at) || at.Name != map[bool]string{false: word, true: "what came with the machine"}[word == "garbage"] || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%s: %v", word, err)
		}
	}
}

// TestReaderHasRoom: a document as large as hosts have them is read within the bounds.
func TestReaderHasRoom(t *testing.T) {
	var text strings.Builder
	text.WriteString("bonds: [{name: bond0, miimon: 100, members: [eth0, eth1]}]\nsegments:\n")
	for id := range 2000 {
		fmt.Fprintf(&text, "  - {id: %d, parent: bond0, bridge: vlan%[1]d}\n", id+1)
	}
	if err := Read(t.Context(), Errand{Findings: []finding{{Name: "x", Data: []byte(text.String()), Form: wholeFile}}}); err != nil {
		t.Error(err)
	}
}
