package shell_test

import (
	"testing"

	"github.com/ingot-build/ingot/translate/check/shell"
)

func TestBashInSh(t *testing.T) {
	run(t, shell.CodeBashInSh, inline, []one{
		{"[[ -f x ]] && echo y", "[[ -f x ]]"},
		{"[[ $x =~ ^(a|b)$ ]] || echo y", "[[ $x =~ ^(a|b)$ ]]"},
		{"a=(1 2)\necho \"${a[@]}\"", "(1 2)\n${a[@]}"},
		{"function f { :; }", "function f { :; }"},
		{"source /etc/os-release", "source"},
		{". /etc/os-release", ""},
		{"diff <(ls a) <(ls b)", "<(ls a)"},
		{"cat <<< x", "<<< x"},
		{"ls &> log\nls >& log2", "&> log"},
		{"ls 2>&1 >&2", ""},
		{"ls |& tee x", "tee x"},
		{"echo $'a\\tb'", "$'a\\tb'"},
		{"echo -e 'a\\tb'\necho -n x\necho x -e", "-e"},
		{"mkdir -p /tmp/{a,b}\nfind . -exec rm {} \\;\nawk '{print $1}' x", "/tmp/{a,b}"},
		{"for i in {1..3}; do :; done", ""},
		{"for ((i = 0; i < 3; i++)); do :; done", "((i = 0; i < 3; i++))"},
		{"echo ${x:0:3} ${x//a/b} ${x^^} ${!x}", "${x:0:3}\n${x//a/b}\n${x^^}\n${!x}"},
		{"echo ${x:-y} ${x%y} ${#x} $((1 + 2))", ""},
		{"echo $RANDOM ${UID:-0}", "$RANDOM"},
		{"RANDOM=5\necho $RANDOM", ""},
		{"[ \"$a\" == b ] && echo\n[ \"$a\" = b ]", "=="},
		{"read -s x < f\nread -r y < f", "-s"},
		{"set -euo pipefail\nset -e", "pipefail"},
		{"trap 'echo x' ERR\ntrap 'echo x' EXIT", "ERR"},
		{"declare -A m\nlocal x=1\nexport Y=2", "declare"},
		{"pushd x\npopd", "pushd\npopd"},
		{"pushd() { cd \"$1\"; }\npushd x", ""},
		{"((i++))", "((i++))"},
		{"let i=1", "let i=1"},
		{"case $x in a) ;; esac", ""},
		{"sudo bash -c '[[ -f x ]]'", ""},
		{"bash <<'EOF'\n[[ -f x ]]\nEOF", ""},
		{"echo \"[[ x ]]\" # [[ -f x ]]", ""},
		{"export -f f", "-f"},
	})
	run(t, shell.CodeBashInSh, file, []one{
		{"#!/bin/sh\n[[ -f x ]]", "[[ -f x ]]"},
		{"#!/bin/bash\n[[ -f x ]]", ""},
		{"[[ -f x ]]", ""},
		{"#!/bin/dash\nsource /a/b", "source"},
	})
	run(t, shell.CodeSyntax, inline, []one{
		{"[[ $x =~ ^(a|b)$ ]]", ""},
		{"if true; then", "t"},
		{"echo 'x", "'"},
		{"a=(1 2)", ""},
		{"f() { a; }; done", "d"},
		{"x=$((ls); echo)\necho $(( a $op b ))", ""},
		{"cat <<EOF\nx", ""},
	})
	run(t, shell.CodeUnread, inline, []one{{"echo $(( a $op b ))", "(nothing)"}, {"! ! a", "(nothing)"}, {"echo $((1 + 2))", ""}})
	run(t, shell.CodeOpenEnd, inline, []one{
		{"cat > x <<EOF\na\n  EOF\nreboot\n", "<<"},
		{"cat > x <<-EOF\na\n\tEOF\nreboot\n", ""},
		{"cat <<A <<'B C'\na", "<<\n<<"},
		{"cat <<EOF\na\nEOF\n", ""},
		{"[[ a ]] && cat <<EOF\n", "<<"},
		{"a=(b)\ncat <<EOF\n", "<<"},
		{"cat <<$\nx", ""},
	})
	run(t, shell.CodeReboots, inline, []one{{"cat > x <<EOF\na\n  EOF\nreboot\n", ""}})
}

func TestSecret(t *testing.T) {
	run(t, shell.CodeSecret, inline, []one{
		{"export DB_PASSWORD=hunter2", "DB_PASSWORD"},
		{"DB_PASSWORD='hunter2' ./x", "DB_PASSWORD"},
		{"adminPassword=hunter2", "adminPassword"},
		{"DB_PASSWORD=\"$1\"\nPASSWORD=$(cat x)\nPASSWORD_FILE=/run/x\nPASSWORD=/run/x\nPASSWORD=\nPASSWORD=xxxx\nPASSWORD='<password>'", ""},
		{"SSH_ASKPASS=/bin/true\nPASSWORD=false\nPWD=/x\nbypass=1234", ""},
		{"TOKEN=db-password-name\nSECRET_NAME=abcd1234abcd1234abcd", ""},
		{"TOKEN=abcd1234abcd1234abcd", "TOKEN"},
		{"SECRET=https://vault.example.com/secrets/x1", ""},
		{"mysql -uroot -phunter2 -e 'select 1'", "mysql"},
		{"mysql -u root -p -e x", ""},
		{"useradd --password=hunter2 x", "--password"},
		{"x --password hunter2", "--password"},
		{"adduser --disabled-password web", ""},
		{"x --password \"$P\"", ""},
		{"curl -u me:hunter2 https://x", "-u"},
		{"curl -u me: https://x\ncurl -u \"me:$P\" https://x", ""},
		{"echo 'root:hunter2' | sudo chpasswd", "echo"},
		{"echo 'root:$6$abc$def' | sudo chpasswd -e", ""},
		{"echo \"root:$P\" | sudo chpasswd", ""},
		{"sudo chpasswd <<'EOF'\nroot:hunter2\nEOF", "chpasswd"},
		{"sshpass -p hunter2 ssh x", "-p"},
		{"curl 'https://a.blob.core.windows.net/c/b?sv=2020-08-04&se=2022-01-01&sig=abcdefghijklmnopqrstuvwxyz0123456789ABCD%3D'", "sig="},
		{"x 'AccountName=a;AccountKey=" +
			"abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwx==;'", "AccountKey="},
		{"git clone https://me:hunter2@github.com/x/y", "https://"},
		{"git clone https://$USER:$TOKEN@github.com/x/y\ngit clone https://github.com/x/y", ""},
		{"curl -H 'Authorization: Bearer abcdefghijklmnopqrstuvwx0123' https://x", "Authorization: Bearer "},
		{"curl -H \"Authorization: Bearer $T\" https://x", ""},
		{"echo ghp_abcdefghijklmnopqrstuvwxyz0123456789", "ghp_"},
		{"cat > k <<'EOF'\n-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEAabcdefgh\nEOF", "-----BEGIN RSA PRIVATE KEY-----"},
		{"docker login -u x -p hunter2", "-p"},
		{"echo hunter2 | docker login -u x --password-stdin", "echo"},
		{"sudo sed -i 's/PasswordAuthentication no/PasswordAuthentication yes/' /etc/ssh/sshd_config", ""},
	})
}
