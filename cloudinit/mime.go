package cloudinit

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/textproto"
	"strings"
)

// most bounds what is read of a file or part, depth how deep parts lie in parts.
const (
	most  = 4 << 20
	depth = 4
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

// mimeParts are the parts of a MIME message, those in parts too; nil if the data are no such message.
func mimeParts(data []byte) []part {
	if !bytes.Contains(data[:min(len(data), 4096)], []byte("ontent-")) {
		return nil
	}
	rest := textproto.NewReader(bufio.NewReader(bytes.NewReader(data)))
	header, err := rest.ReadMIMEHeader()
	if err != nil {
		return nil
	}
	list, _ := partsBelow(header, rest.R, depth)
	return list
}

// partsBelow are the parts of what follows a header; false if it has none.
func partsBelow(header textproto.MIMEHeader, from io.Reader, depth int) (list []part, ok bool) {
	kind, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil || !strings.HasPrefix(kind, "multipart/") || depth == 0 {
		return nil, false
	}
	list = []part{}
	for parts := multipart.NewReader(from, params["boundary"]); ; {
		p, err := parts.NextRawPart()
		if err != nil {
			return list, true
		}
		if inner, ok := partsBelow(p.Header, p, depth-1); ok {
			list = append(list, inner...)
			continue
		}
		list = append(list, readPart(p))
	}
}

// readPart decodes a part. One that is packed, or of no particular type, is known by its beginning, as cloud-init knows it.
func readPart(p *multipart.Part) part {
	kind, _, _ := mime.ParseMediaType(p.Header.Get("Content-Type"))
	data := unpacked(decoded(p))
	if kind != partType && bytes.HasPrefix(data, []byte("#cloud-config\n")) {
		kind = cloudConfig
	}
	return part{kind, data}
}

// decoded is a part's content; nil if it cannot be read.
func decoded(part *multipart.Part) []byte {
	var from io.Reader = part
	switch strings.ToLower(part.Header.Get("Content-Transfer-Encoding")) {
	case "base64":
		from = base64.NewDecoder(base64.StdEncoding, part)
	case "quoted-printable":
		from = quotedprintable.NewReader(part)
	}
	data, err := io.ReadAll(io.LimitReader(from, most))
	if err != nil {
		return nil
	}
	return data
}

// unpacked is what gzip has packed; all else, and what cannot be unpacked, stays as it is.
func unpacked(data []byte) []byte {
	if !bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		return data
	}
	from, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return data
	}
	plain, err := io.ReadAll(io.LimitReader(from, most))
	if err != nil {
		return data
	}
	return plain
}
