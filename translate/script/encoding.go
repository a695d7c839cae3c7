package script

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Encoding is how the text of a file is written.
type Encoding int

// The encodings. The zero Encoding is what every shell reads.
const (
	UTF8    Encoding = iota
	UTF8BOM          // with a byte order mark
	UTF16LE          // as Windows tools write it, with a byte order mark or without
	UTF16BE
	Legacy // bytes that are no UTF-8, as of Windows-1252; the text holds them as if they were Latin-1
	Binary // no text at all
)

// decode reads a file. The text of a binary one is empty.
func decode(data []byte) (string, Encoding) {
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		if text := string(data[3:]); utf8.ValidString(text) && !strings.ContainsRune(text, 0) {
			return text, UTF8BOM
		}
		return "", Binary
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}):
		return decode16(data[2:], binary.LittleEndian), UTF16LE
	case bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		return decode16(data[2:], binary.BigEndian), UTF16BE
	case !bytes.Contains(data, []byte{0}):
		if utf8.Valid(data) {
			return string(data), UTF8
		}
		return latin1(data), Legacy
	case everyOther(data, 1):
		return decode16(data, binary.LittleEndian), UTF16LE
	case everyOther(data, 0):
		return decode16(data, binary.BigEndian), UTF16BE
	default:
		return "", Binary
	}
}

func decode16(data []byte, order binary.ByteOrder) string {
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	return string(utf16.Decode(units))
}

// everyOther reports whether nearly every second byte is zero and no other one is: text in Latin letters, in UTF-16.
func everyOther(data []byte, from int) bool {
	zeros := 0
	for i, b := range data {
		if b != 0 {
			continue
		}
		if i%2 != from {
			return false
		}
		zeros++
	}
	return len(data)%2 == 0 && 10*zeros > 9*len(data)/2
}

func latin1(data []byte) string {
	var b strings.Builder
	b.Grow(len(data))
	for _, c := range data {
		b.WriteRune(rune(c))
	}
	return b.String()
}
