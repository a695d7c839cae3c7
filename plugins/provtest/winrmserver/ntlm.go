package winrmserver

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf16"

	"golang.org/x/crypto/md4" //lint:ignore SA1019 NTLM is made of it
)

// computer is what the machine calls itself.
const computer = "BUILDVM"

// The server's side of NTLM version 2, for a login only: what follows is neither signed nor sealed.
// Reference: https://learn.microsoft.com/openspecs/windows_protocols/ms-nlmp
const (
	ntlmUnicode       = 1 << 0
	ntlmRequestTarget = 1 << 2
	ntlmNTLM          = 1 << 9
	ntlmAlwaysSign    = 1 << 15
	ntlmTargetServer  = 1 << 17
	ntlmExtended      = 1 << 19
	ntlmTargetInfo    = 1 << 23
	ntlm128           = 1 << 29
	ntlm56            = 1 << 31

	// Key exchange (1 << 30) stays out: Go's usual client does not know it and gives up.
	ntlmFlags = ntlmUnicode | ntlmRequestTarget | ntlmNTLM | ntlmAlwaysSign | ntlmTargetServer | ntlmExtended | ntlmTargetInfo |
		ntlm128 | ntlm56
)

// Attribute ids of the target's description.
const (
	avEnd, avComputer, avDomain, avDNSComputer, avDNSDomain, avFlags, avTime = 0, 1, 2, 3, 4, 6, 7

	avHasMIC = 2 // in avFlags
)

var ntlmSignature = []byte("NTLMSSP\x00")

// exchange is one login under way. It lives as long as its connection.
type exchange struct {
	negotiate, challenge []byte // as they went over the wire; the third message may vouch for them
	nonce                [8]byte
}

// ntlmKind tells which message of the three it is; 0 for none.
func ntlmKind(message []byte) uint32 {
	if len(message) < 12 || string(message[:8]) != string(ntlmSignature) {
		return 0
	}
	return binary.LittleEndian.Uint32(message[8:])
}

// begin answers the client's first message with a challenge.
func begin(negotiate []byte) *exchange {
	x := &exchange{negotiate: negotiate}
	_, _ = rand.Read(x.nonce[:]) // never fails
	name := wide(computer)
	var info []byte
	for _, av := range []struct {
		id    uint16
		value []byte
	}{
		{avDomain, name}, {avComputer, name}, {avDNSDomain, name}, {avDNSComputer, name},
		{avTime, binary.LittleEndian.AppendUint64(nil, fileTime(time.Now()))}, {avEnd, nil},
	} {
		info = binary.LittleEndian.AppendUint16(info, av.id)
		info = binary.LittleEndian.AppendUint16(info, uint16(len(av.value)))
		info = append(info, av.value...)
	}
	const fixed = 56 // with eight bytes for a version, zero here
	m := append([]byte{}, ntlmSignature...)
	m = binary.LittleEndian.AppendUint32(m, 2)
	m = appendField(m, len(name), fixed)
	m = binary.LittleEndian.AppendUint32(m, ntlmFlags)
	m = append(m, x.nonce[:]...)
	m = append(m, make([]byte, 8)...)
	m = appendField(m, len(info), fixed+len(name))
	m = append(m, make([]byte, 8)...)
	x.challenge = append(append(m, name...), info...)
	return x
}

func appendField(m []byte, length, offset int) []byte {
	m = binary.LittleEndian.AppendUint16(m, uint16(length))
	m = binary.LittleEndian.AppendUint16(m, uint16(length))
	return binary.LittleEndian.AppendUint32(m, uint32(offset))
}

// finish checks the client's third message. The error says what is wrong, which the client is not told.
func (x *exchange) finish(m []byte, user, password string) error {
	if ntlmKind(m) != 3 || len(m) < 64 {
		return errors.New("no authenticate message")
	}
	response, err1 := field(m, 20)
	domain, err2 := field(m, 28)
	name, err3 := field(m, 36)
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	// 16 bytes of proof; then version, time, the client's nonce, and the target's description as the client saw it.
	if len(response) < 16+28 {
		return fmt.Errorf("a response of %d bytes is none of NTLM version 2", len(response))
	}
	account := narrow(name)
	if _, short, ok := strings.Cut(account, `\`); ok {
		account = short
	}
	if !strings.EqualFold(account, user) {
		return fmt.Errorf("no such user: %q", account)
	}
	proof, blob := response[:16], response[16:]
	key := mac(hashOf(password), wide(strings.ToUpper(narrow(name))+narrow(domain)))
	if subtle.ConstantTimeCompare(proof, mac(key, x.nonce[:], blob)) != 1 {
		return errors.New("wrong password")
	}
	return x.checkMIC(m, mac(key, proof), blob[28:])
}

// checkMIC checks the code over all three messages, where the client's description of the target says that there is one.
func (x *exchange) checkMIC(m, sessionKey, info []byte) error {
	const at, size = 72, 16
	flags, err := attribute(info, avFlags)
	if err != nil || len(flags) != 4 || binary.LittleEndian.Uint32(flags)&avHasMIC == 0 {
		return err
	}
	if len(m) < at+size {
		return errors.New("the message ends before its integrity code")
	}
	blank := append([]byte{}, m...)
	clear(blank[at : at+size])
	if subtle.ConstantTimeCompare(m[at:at+size], mac(sessionKey, x.negotiate, x.challenge, blank)) != 1 {
		return errors.New("the messages were changed on their way")
	}
	return nil
}

// field reads what a length and an offset at a place of the message point to.
func field(m []byte, at int) ([]byte, error) {
	length := int(binary.LittleEndian.Uint16(m[at:]))
	offset := binary.LittleEndian.Uint32(m[at+4:])
	if uint64(offset)+uint64(length) > uint64(len(m)) {
		return nil, fmt.Errorf("a field of %d bytes at %d is not in a message of %d", length, offset, len(m))
	}
	return m[offset:][:length], nil
}

// attribute finds an attribute of a target's description; nil if it is not there.
func attribute(info []byte, id uint16) ([]byte, error) {
	for len(info) >= 4 {
		is, length := binary.LittleEndian.Uint16(info), int(binary.LittleEndian.Uint16(info[2:]))
		info = info[4:]
		if is == avEnd {
			return nil, nil
		}
		if length > len(info) {
			break
		}
		if is == id {
			return info[:length], nil
		}
		info = info[length:]
	}
	return nil, errors.New("the target's description does not end")
}

func hashOf(password string) []byte {
	h := md4.New()
	h.Write(wide(password))
	return h.Sum(nil)
}

func mac(key []byte, parts ...[]byte) []byte {
	h := hmac.New(md5.New, key)
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

func wide(text string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(text)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

func narrow(b []byte) string {
	var units []uint16
	for ; len(b) >= 2; b = b[2:] {
		units = append(units, binary.LittleEndian.Uint16(b))
	}
	return string(utf16.Decode(units))
}

// fileTime counts from 1601 in steps of 100 ns.
func fileTime(t time.Time) uint64 { return uint64(t.UnixNano()/100) + 116444736000000000 }
