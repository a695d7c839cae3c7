package armexpr

import (
	"encoding/binary"
	"math/bits"

	"github.com/ingot-build/ingot/translate/armjson"
)

// uniqueString is 13 letters and digits that depend on the arguments only: names made of it are the same in every
// deployment. It must agree with the service to the letter.
func uniqueString(a *Args) (*armjson.Node, error) {
	name, err := joinedName(a)
	if err != nil {
		return nil, err
	}
	const alphabet = "abcdefghijklmnopqrstuvwxyz234567"
	h := hash64(name)
	var out [13]byte
	for i := range out {
		out[i] = alphabet[h>>59]
		h <<= 5
	}
	return armjson.NewString(string(out[:])), nil
}

// hash64 is the service's own relative of MurmurHash3: two 32-bit halves over blocks of eight bytes. No library has it.
func hash64(data []byte) uint64 {
	const c1, c2 = 597399067, 2869860233
	mix1 := func(k uint32) uint32 { return bits.RotateLeft32(k*c1, 15) * c2 }
	mix2 := func(k uint32) uint32 { return bits.RotateLeft32(k*c2, 17) * c1 }
	length := uint32(len(data))
	var h1, h2 uint32
	for ; len(data) >= 8; data = data[8:] {
		h1 = bits.RotateLeft32(h1^mix1(binary.LittleEndian.Uint32(data)), 19) + h2
		h1 = h1*5 + 1444728091
		h2 = bits.RotateLeft32(h2^mix2(binary.LittleEndian.Uint32(data[4:])), 13) + h1
		h2 = h2*5 + 197830471
	}
	// What is left is the start of a block filled up with zeros; a zero half changes nothing.
	var tail [8]byte
	copy(tail[:], data)
	h1 ^= mix1(binary.LittleEndian.Uint32(tail[:]))
	h2 ^= mix2(binary.LittleEndian.Uint32(tail[4:]))

	h1 ^= length
	h2 ^= length
	h1 += h2
	h2 += h1
	h1, h2 = final(h1), final(h2)
	h1 += h2
	h2 += h1
	return uint64(h2)<<32 | uint64(h1)
}

func final(h uint32) uint32 {
	h = (h ^ h>>16) * 2246822507
	h = (h ^ h>>13) * 3266489909
	return h ^ h>>16
}
