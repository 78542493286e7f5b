package cloudinit

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/textproto"
	"strings"
)

// most bounds what is read of a file, and what all that is unpacked of it comes to; depth is how deep parts lie in parts, and mostParts how many
// there are.
const (
	most      = 4 << 20
	depth     = 4
	mostParts = 256
)

// Types of parts that we read.
const (
	partType    = "text/x-hostnet"
	cloudConfig = "text/cloud-config"
)

// part is one of a MIME message, as it reads.
type part struct {
	kind string
	data []byte
}

// budget is what may still be unpacked of one file. A megabyte of packed parts in parts would else come to a thousand. What goes beyond it is not
// read at all: the beginning of a document says something else than the document.
type budget struct {
	bytes, parts int
	over         string // why something was not read
}

func newBudget() *budget { return &budget{bytes: most, parts: mostParts} }

// told is a sentence about what was not read.
func (b *budget) told(name string) []string {
	if b.over == "" {
		return nil
	}
	return []string{fmt.Sprintf("%s is not read to its end: %s", name, b.over)}
}

// all reads everything that comes; nil, and no more is read, if that is more than there may be.
func (b *budget) all(from io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(from, int64(b.bytes)+1))
	if len(data) > b.bytes {
		b.bytes, b.over = 0, fmt.Sprintf("it unpacks to more than %d MiB", most>>20)
		return nil, nil
	}
	b.bytes -= len(data)
	return data, err
}

func isMIME(data []byte) bool {
	return bytes.Contains(data[:min(len(data), 4096)], []byte("ontent-"))
}

func isPacked(data []byte) bool { return bytes.HasPrefix(data, []byte{0x1f, 0x8b}) }

// mimeParts are the parts of a MIME message, those in parts too; nil if the data are no such message.
func (b *budget) mimeParts(data []byte) []part {
	if !isMIME(data) {
		return nil
	}
	rest := textproto.NewReader(bufio.NewReader(bytes.NewReader(data)))
	header, err := rest.ReadMIMEHeader()
	if err != nil {
		return nil
	}
	list, _ := b.partsBelow(header, rest.R, depth)
	return list
}

// partsBelow are the parts of what follows a header; false if it has none.
func (b *budget) partsBelow(header textproto.MIMEHeader, from io.Reader, depth int) (list []part, ok bool) {
	kind, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil || !strings.HasPrefix(kind, "multipart/") || depth == 0 {
		return nil, false
	}
	list = []part{}
	for parts := multipart.NewReader(from, params["boundary"]); b.over == ""; {
		p, err := parts.NextRawPart()
		if err != nil {
			break
		}
		if b.parts--; b.parts < 0 {
			b.over = fmt.Sprintf("it has more than %d parts", mostParts)
			break
		}
		if inner, ok := b.partsBelow(p.Header, p, depth-1); ok {
			list = append(list, inner...)
			continue
		}
		if part, ok := b.readPart(p); ok {
			list = append(list, part)
		}
	}
	return list, true
}

// readPart decodes a part. One that is packed, or of no particular type, is known by its beginning, as cloud-init knows it.
func (b *budget) readPart(p *multipart.Part) (part, bool) {
	kind, _, _ := mime.ParseMediaType(p.Header.Get("Content-Type"))
	data := b.unpacked(b.decoded(p))
	if kind != partType && bytes.HasPrefix(data, []byte("#cloud-config\n")) {
		kind = cloudConfig
	}
	return part{kind, data}, data != nil || b.over == ""
}

// decoded is a part's content; nil if it cannot be read.
func (b *budget) decoded(part *multipart.Part) []byte {
	var from io.Reader = part
	switch strings.ToLower(part.Header.Get("Content-Transfer-Encoding")) {
	case "base64":
		from = base64.NewDecoder(base64.StdEncoding, part)
	case "quoted-printable":
		from = quotedprintable.NewReader(part)
	}
	data, err := b.all(from)
	if err != nil {
		return nil
	}
	return data
}

// unpacked is what gzip has packed; all else, and what cannot be unpacked, stays as it is. nil if it is more than there may be.
func (b *budget) unpacked(data []byte) []byte {
	if !isPacked(data) {
		return data
	}
	from, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return data
	}
	plain, err := b.all(from)
	if err != nil {
		return data
	}
	return plain
}
