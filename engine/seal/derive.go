package seal

import (
	"crypto/hmac"
	"crypto/sha256"
)

// Derive gives 32 bytes that only who has this key can make, others for each purpose. They tell nothing of the key, nor of what is
// derived for another purpose.
func (k *Key) Derive(purpose string) []byte {
	mac := hmac.New(sha256.New, k.secret)
	mac.Write([]byte("derived for: "))
	mac.Write([]byte(purpose))
	return mac.Sum(nil)
}
