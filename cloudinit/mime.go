package cloudinit

import (
	"encoding/base64"
	"io"
	"mime/multipart"
	"mime/quotedprintable"
	"strings"
)

// most bounds what is read of a part.
const most = 4 << 20

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
