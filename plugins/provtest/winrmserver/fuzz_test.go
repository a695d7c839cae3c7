package winrmserver

import (
	"testing"
	"time"
)

func FuzzParse(f *testing.F) {
	f.Add([]byte(`<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header/><s:Body/></s:Envelope>`))
	f.Add([]byte("<a><b>"))
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := parse(body)
		if err != nil {
			return
		}
		e.shellID()
		if d := seconds(e.Header.OperationTimeout); d <= 0 || d > 24*time.Hour {
			t.Errorf("%q is %v", e.Header.OperationTimeout, d)
		}
	})
}

// Nobody gets in by accident.
func FuzzNTLM(f *testing.F) {
	x := begin([]byte("NTLMSSP\x00\x01\x00\x00\x00"))
	f.Add(x.challenge)
	f.Add(append([]byte("NTLMSSP\x00\x03\x00\x00\x00"), make([]byte, 80)...))
	f.Fuzz(func(t *testing.T, message []byte) {
		if x.finish(message, "packer", "word") == nil {
			t.Error("logged in")
		}
		_, _ = attribute(message, avFlags)
	})
}
