package shell_test

import (
	"testing"

	"github.com/ingot-build/ingot/translate/script"
)

// FuzzShell holds every finding about any script to its text: ask looks.
func FuzzShell(f *testing.F) {
	for _, seed := range []string{
		"", "sudo apt-get install nginx", "#!/bin/bash\nset -e\ncurl -k x | sudo bash", "[[ a ]] && source x", "cat <<EOF\n$x\nEOF",
		"sudo sh -c 'apt-get install \"$x\"' > /etc/y", "PASSWORD=hunter2 mysql -phunter2", "bash <<'E'\nreboot\nE\n", "ufw enable\r\n",
		"x=1; eval 'echo $x'; f() { exit; }; f", "su - root -c \"userdel packer\"", "for ((;;)); do read x; done", "echo {a,b} $'x' ${x//a/b}",
		"env -u A timeout 5 nice -n 1 sudo -u root -E X=1 rm -rf /tmp/*", "a | b |& tee c; iptables -P INPUT DROP", "\xff\xfe", "`a `", "#!\x00", "t<<$\n", "<<a <<b <<c\nx", "#!/bin/bash\necho \x00",
	} {
		f.Add(seed, true, 0, uint8(0))
		f.Add(seed, false, 1, uint8(1))
	}
	f.Fuzz(func(t *testing.T, text string, isInline bool, gap int, encoding uint8) {
		s := &script.Script{Language: script.Shell, Inline: isInline, Text: text}
		if isInline && gap > 0 {
			s.Gaps = []int{gap % 5}
		}
		if !isInline {
			s.Encoding = script.Encoding(encoding % 6)
		}
		ask(t, s)
	})
}
