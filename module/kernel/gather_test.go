package kernel

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"hostnet-module/module/attr"
)

// TestGather: acknowledgements that come many at a time belong to their requests, whatever else comes between them, and however much they say.
func TestGather(t *testing.T) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(pair[0])
	defer unix.Close(pair[1])
	k := &Kernel{fd: pair[0]}
	say := func(typ, flags uint16, seq uint32, errno unix.Errno, text string) {
		b := binary.NativeEndian.AppendUint32(nil, 0)
		b = binary.NativeEndian.AppendUint16(b, typ)
		b = binary.NativeEndian.AppendUint16(b, flags)
		b = binary.NativeEndian.AppendUint32(b, seq)
		b = append(b, 0, 0, 0, 0)
		b = binary.NativeEndian.AppendUint32(b, uint32(-int32(errno)))
		b = append(b, make([]byte, unix.SizeofNlMsghdr)...)
		if text != "" {
			b = attr.Append(b, unix.NLMSGERR_ATTR_MSG, []byte(text))
		}
		binary.NativeEndian.PutUint32(b, uint32(len(b)))
		if _, err := unix.Write(pair[1], b); err != nil {
			t.Error(err)
		}
	}
	const n, first = 3*mostAnswers + 1, 1000
	go func() {
		for i := range uint32(n) {
			say(unix.RTM_NEWLINK, 0, first+i, 0, strings.Repeat("a dump that was given up", 99))
			switch i {
			case 7:
				say(unix.NLMSG_ERROR, unix.NLM_F_CAPPED|unix.NLM_F_ACK_TLVS, first+i, unix.EBUSY, "no")
			case 8:
				say(unix.NLMSG_ERROR, unix.NLM_F_CAPPED|unix.NLM_F_ACK_TLVS, first+i, unix.EPERM, strings.Repeat("no", answerRoom))
			default:
				say(unix.NLMSG_ERROR, unix.NLM_F_CAPPED, first+i, 0, "")
			}
		}
	}()
	answers, err := k.gather(first, n)
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range answers {
		var said *answer
		switch is := errors.As(a, &said); {
		case i == 7 && is && said.errno == unix.EBUSY && said.text == "no":
		case i == 8 && is && said.errno == unix.EPERM:
		case i == 7, i == 8, a != nil:
			t.Errorf("request %d: %v", i, a)
		}
	}
}
