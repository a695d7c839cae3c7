package wsman

import (
	"strings"
	"testing"
)

func TestCheckReply(t *testing.T) {
	const head = `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"><s:Body>`
	const tail = `</s:Body></s:Envelope>`
	faultOf := func(subcode, reason string) string {
		return head + `<s:Fault><s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>` + subcode + `</s:Value></s:Subcode></s:Code>` +
			`<s:Reason><s:Text xml:lang="en-US">` + reason + `</s:Text></s:Reason></s:Fault>` + tail
	}
	for _, tt := range []struct{ name, reply, want string }{
		{"an answer", head + `<rsp:ReceiveResponse xmlns:rsp="x"><rsp:Stream Name="stdout">aGk=</rsp:Stream></rsp:ReceiveResponse>` + tail, ""},
		{"nothing to say yet", faultOf("w:TimedOut", "OperationTimeout: the operation did not end in time"), ""},
		{"a shell that is gone", faultOf("w:InvalidSelectors", "The shell\n was not found"), "refused: The shell was not found (w:InvalidSelectors)"},
		{"garbage", "\x00\x01garbage", "no XML"},
		{"half an envelope", head, "no XML"},
		{"a page", "<html><body>login</body>", "no XML"},
		{"text", "service unavailable", "without an envelope"},
		{"nothing", "", "without an envelope"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := checkReply(tt.reply)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}
