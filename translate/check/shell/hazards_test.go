package shell_test

import (
	"testing"

	"github.com/ingot-build/ingot/translate/check/shell"
)

func TestTerminal(t *testing.T) {
	run(t, shell.CodeTerminal, inline, []one{
		{"sudo passwd web", "sudo passwd web"},
		{"su - postgres -c createdb\nsudo su - postgres -c createdb", "su - postgres -c createdb"},
		{"sudo passwd -l web\nsudo passwd --status web", ""},
		{"echo web:x | sudo chpasswd", ""},
		{"read answer", "read answer"},
		{"while read -r line; do echo \"$line\"; done < /etc/hosts", ""},
		{"cat x | while read -r line; do echo \"$line\"; done", ""},
		{"read -r x < /etc/hostname", ""},
		{"read -t 5 x || true", ""},
		{"if [ -t 0 ]; then read x; fi", ""},
		{"ask() { read x; }", ""},
		{"sudo visudo", "sudo visudo"},
		{"sudo visudo -cf /etc/sudoers.d/x", ""},
		{"sudo vim /etc/hosts", "sudo vim /etc/hosts"},
		{"vim +PluginInstall +qall\nvim -es x\nvi -c wq x", ""},
		{"crontab -e", "crontab -e"},
		{"crontab /tmp/x\ncrontab -l", ""},
		{"ssh-keygen -t rsa", "ssh-keygen -t rsa"},
		{`ssh-keygen -t rsa -f x -N ""`, ""},
		{"ssh-keygen -A\nssh-keygen -R host\nssh-keygen -lf x", ""},
		{"sudo mysql_secure_installation", "sudo mysql_secure_installation"},
		{"sudo mysql_secure_installation <<EOF\ny\nEOF", ""},
		{"sudo dpkg-reconfigure tzdata", "sudo dpkg-reconfigure tzdata"},
		{"sudo dpkg-reconfigure -f noninteractive tzdata", ""},
		{"sudo DEBIAN_FRONTEND=noninteractive dpkg-reconfigure tzdata", ""},
		{"sudo apt-get update\nsudo adduser web", "sudo adduser web"},
		{"sudo apt-get update\nsudo adduser --disabled-password --gecos '' web\nsudo adduser web docker\nsudo adduser --system x", ""},
		{"sudo adduser web", ""},
		{"sudo update-alternatives --config java", "sudo update-alternatives --config java"},
		{"sudo update-alternatives --set java /usr/bin/x", ""},
		{"az login", "az login"},
		{"az login --identity\naz login --service-principal -u x", ""},
		{"openssl req -x509 -newkey rsa:2048 -nodes -keyout k -out c", "openssl req -x509 -newkey rsa:2048 -nodes -keyout k -out c"},
		{"openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=x -keyout k -out c\nopenssl req -in x -text", ""},
		{"passwd() { :; }\npasswd web", ""},
		{"less /etc/hosts\nmore x\nman ls", ""},
		{"sudo systemctl edit nginx", "sudo systemctl edit nginx"},
		{"git commit", "git commit"},
		{"git commit -am x", ""},
	})
	run(t, shell.CodeNeverEnds, inline, []one{
		{"tail -f /var/log/syslog", "tail -f /var/log/syslog"},
		{"tail -f x &\ntail -n 5 x\ntimeout 5 tail -f x\ntail -f x | grep -q y", ""},
		{"ping example.com", "ping example.com"},
		{"ping -c 3 example.com", ""},
		{"journalctl -fu nginx", "journalctl -fu nginx"},
		{"journalctl --flush\njournalctl -u nginx", ""},
		{"watch ls", "watch ls"},
		{"sleep infinity", "sleep infinity"},
		{"sleep 60\nyes | head", ""},
	})
}

func TestConnection(t *testing.T) {
	run(t, shell.CodeReboots, inline, []one{
		{"sudo reboot", "sudo reboot"},
		{"sudo shutdown -r now", "sudo shutdown -r now"},
		{"sudo shutdown now", "sudo shutdown now"},
		{"sudo shutdown -c\nshutdown --help\nshutdown -k now", ""},
		{"sudo init 6\nsudo init 3", "sudo init 6"},
		{"sudo systemctl reboot\nsudo systemctl restart x", "sudo systemctl reboot"},
		{"sudo systemctl soft-reboot", "sudo systemctl soft-reboot"},
		{"sudo poweroff", "sudo poweroff"},
		{"(sleep 5; sudo reboot) &", "sudo reboot"},
		{"echo reboot\n[ -f /var/run/reboot-required ]\nsudo apt-get install reboot", ""},
		{"reboot() { :; }\nreboot", ""},
		{"echo b | sudo tee /proc/sysrq-trigger\necho b > /proc/sysrq-trigger", "> /proc/sysrq-trigger"},
		{"cat <<EOF\nreboot\nEOF", ""},
	})
	run(t, shell.CodeStopsSSH, inline, []one{
		{"sudo systemctl stop sshd", "sudo systemctl stop sshd"},
		{"sudo systemctl disable --now ssh.service", "sudo systemctl disable --now ssh.service"},
		{"sudo systemctl restart sshd\nsudo systemctl status ssh\nsudo systemctl stop nginx", ""},
		{"sudo systemctl stop sshd\nsudo sed -i s/a/b/ x\nsudo systemctl start sshd", ""},
		{"sudo systemctl disable --now ssh.socket\nsudo systemctl enable --now ssh.service", ""},
		{"sudo systemctl disable --now ssh.socket", ""},
		{"sudo service ssh stop", "sudo service ssh stop"},
		{"sudo apt-get purge -y openssh-server", "sudo apt-get purge -y openssh-server"},
		{"sudo apt-get purge -y openssh-server\nsudo apt-get install -y openssh-server", ""},
		{"sudo pkill sshd\nsudo pkill -HUP sshd", "sudo pkill sshd"},
		{"sudo rm -rf /etc/ssh\nsudo rm -f /etc/ssh/ssh_host_*", "sudo rm -rf /etc/ssh"},
		{"sudo systemctl stop \"$unit\"", ""},
	})
	run(t, shell.CodeFirewall, inline, []one{
		{"sudo ufw --force enable", "sudo ufw --force enable"},
		{"sudo ufw allow ssh\nsudo ufw --force enable", ""},
		{"sudo ufw allow 22/tcp\nsudo ufw --force enable", ""},
		{"sudo ufw allow OpenSSH\nsudo ufw --force enable", ""},
		{"sudo ufw allow 443\nsudo ufw --force enable", "sudo ufw --force enable"},
		{"sudo ufw allow 2222/tcp\nsudo ufw --force enable", "sudo ufw --force enable"},
		{"sudo ufw limit ssh\nsudo ufw --force enable", ""},
		{"sudo ufw allow $PORT\nsudo ufw --force enable", ""},
		{"sudo ufw default allow incoming\nsudo ufw --force enable", ""},
		{"sudo ufw deny ssh", "sudo ufw deny ssh"},
		{"sudo ufw deny 23\nsudo ufw deny from 10.0.0.1 to any port 22", ""},
		{"sudo iptables -P INPUT DROP", "sudo iptables -P INPUT DROP"},
		{"sudo iptables -A INPUT -p tcp --dport 22 -j ACCEPT\nsudo iptables -P INPUT DROP", ""},
		{"sudo iptables -A INPUT -i lo -j ACCEPT\nsudo iptables -P INPUT DROP", "sudo iptables -P INPUT DROP"},
		{"sudo iptables -A INPUT -p tcp --dport 22 -j DROP", "sudo iptables -A INPUT -p tcp --dport 22 -j DROP"},
		{"sudo iptables -A INPUT -s 10.0.0.0/8 -p tcp --dport 22 -j DROP\nsudo iptables -P FORWARD DROP", ""},
		{"sudo iptables -A OUTPUT -d 168.63.129.16 -j DROP", ""},
		{"sudo firewall-cmd --permanent --remove-service=ssh", "sudo firewall-cmd --permanent --remove-service=ssh"},
		{"sudo firewall-cmd --permanent --add-service=http", ""},
		{"sudo nft add rule inet filter input tcp dport 22 drop", "sudo nft add rule inet filter input tcp dport 22 drop"},
		{"sudo nft add rule inet filter input tcp dport 22 accept", ""},
	})
}

func TestService(t *testing.T) {
	run(t, shell.CodeDeprovision, inline, []one{
		{"sudo rm -rf /tmp/*", "sudo rm -rf /tmp/*"},
		{"rm -f /tmp/DeprovisioningScript.sh", "rm -f /tmp/DeprovisioningScript.sh"},
		{"rm -f /tmp/x /tmp/web/*", ""},
		{"sudo find /tmp -type f -delete", "sudo find /tmp -type f -delete"},
		{"sudo find /tmp -name '*.deb' -delete\nfind /tmp -type f", ""},
		{"rm -f /tmp/DeprovisioningScript.sh\ncp x /tmp/DeprovisioningScript.sh", ""},
		{"rm -rf \"/tmp/$x\"", ""},
		{"sudo sh -c 'rm -rf /tmp/*'", "rm -rf /tmp/*"},
	})
	run(t, shell.CodeRemovesUser, inline, []one{
		{"sudo userdel -r packer", "sudo userdel -r packer"},
		{"sudo userdel web", ""},
		{"sudo waagent -force -deprovision+user", "sudo waagent -force -deprovision+user"},
		{"sudo waagent -force -deprovision", ""},
		{"rm -rf ~/.ssh", "rm -rf ~/.ssh"},
		{"rm -rf /home/packer\nrm /home/packer\nrm -rf /home/web", "rm -rf /home/packer"},
		{"sudo -i rm -rf ~/x\nsudo sh -c 'rm -rf ~/.ssh'", ""},
		{"rm -f $HOME/.ssh/authorized_keys", "rm -f $HOME/.ssh/authorized_keys"},
		{"rm -f ~/.ssh/known_hosts ~/.bash_history", ""},
		{"sudo rm -f /etc/sudoers.d/*", "sudo rm -f /etc/sudoers.d/*"},
		{"sudo rm -f /etc/sudoers.d/web", ""},
	})
	run(t, shell.CodeRemovesAgent, inline, []one{
		{"sudo apt-get purge -y walinuxagent", "sudo apt-get purge -y walinuxagent"},
		{"sudo dnf remove -y WALinuxAgent", "sudo dnf remove -y WALinuxAgent"},
		{"sudo systemctl disable walinuxagent", "sudo systemctl disable walinuxagent"},
		{"sudo systemctl disable waagent\nsudo systemctl enable waagent", ""},
		{"sudo systemctl restart walinuxagent\nsudo apt-get install -y walinuxagent", ""},
	})
	run(t, shell.CodeEndsEarly, inline, []one{
		{"echo a\nexit 0\necho b", "exit 0"},
		{"echo a\nexit 0", ""},
		{"if [ -f x ]; then exit 0; fi\necho b", ""},
		{"(exit 0)\necho b", ""},
		{"sh -c 'exit 0'\necho b", ""},
		{"exec sudo bash x.sh\necho b", "exec sudo bash x.sh"},
		{"exec > /tmp/log 2>&1\necho b", ""},
		{"f() { exit 0; }\necho b", ""},
		{"test -f x || exit 1\necho b", ""},
	})
	run(t, shell.CodeEndsEarly, file, []one{{"#!/bin/sh\nexit 0\necho b", ""}})
	run(t, shell.CodePackageAsks, inline, []one{
		{"sudo apt-get install -y tzdata", "tzdata"},
		{"sudo DEBIAN_FRONTEND=noninteractive apt-get install -y tzdata", ""},
		{"sudo apt-get install -y nginx", ""},
		{"sudo apt-get install -y msodbcsql18", "msodbcsql18"},
		{"sudo ACCEPT_EULA=Y apt-get install -y msodbcsql18", ""},
		{"sudo dnf install -y postfix", ""},
	})
}

func TestStatus(t *testing.T) {
	run(t, shell.CodePipeStatus, inline, []one{
		{"sudo apt-get install -y nginx | tee /tmp/log", "sudo apt-get install -y nginx"},
		{"sudo apt-get update 2>&1 | tail -5", "sudo apt-get update"},
		{"set -o pipefail\nsudo apt-get update | tee x", ""},
		{"set +e\nsudo apt-get update | tee x", ""},
		{"echo x | sudo tee /etc/motd\ncurl -s x | sudo apt-key add -", ""},
		{"if sudo apt-get update | tee x; then :; fi", ""},
		{"rpm -qa | sort\nsystemctl list-units | cat\ndpkg -l | wc -l", ""},
		{"./install.sh | tee log", "./install.sh"},
		{"x=$(./install.sh | tail -1)", ""},
		{"dpkg -L x | sed s/a/b/\ndocker ps | cat\npip list | sort", ""},
		{"docker pull x | tail -1", "docker pull x"},
	})
	run(t, shell.CodePipeStatus, file, []one{
		{"#!/bin/bash\nsudo apt-get update | tee x", ""},
		{"#!/bin/bash\nset -e\nsudo apt-get update | tee x", "sudo apt-get update"},
		{"#!/bin/bash -ex\nsudo apt-get update | tee x", "sudo apt-get update"},
	})
	run(t, shell.CodeErrorsIgnored, file, []one{
		{"#!/bin/bash\nsudo apt-get update\nsudo apt-get install -y nginx\necho done", "sudo apt-get update"},
		{"#!/bin/bash\nset -euo pipefail\nsudo apt-get update\nsudo apt-get install -y nginx", ""},
		{"#!/bin/bash -e\nsudo apt-get update\nsudo apt-get install -y nginx", ""},
		{"#!/bin/bash\nsudo apt-get update\nif [ $? -ne 0 ]; then exit 1; fi\necho x", ""},
		{"#!/bin/bash\nsudo apt-get update || exit 1\necho x", ""},
		{"#!/bin/bash\nsudo apt-get install -y nginx", ""},
		{"#!/bin/bash\necho x\necho y", ""},
		{"#!/usr/bin/python3\nimport os", ""},
	})
	run(t, shell.CodeErrorsIgnored, inline, []one{{"sudo apt-get update\necho done", ""}})
}

func TestDownloads(t *testing.T) {
	run(t, shell.CodeDownloadToShell, inline, []one{
		{"curl -fsSL https://get.example.com | sudo bash", "curl -fsSL https://get.example.com | sudo bash"},
		{"wget -qO- https://get.example.com | sh -s -- -y", "wget -qO- https://get.example.com | sh -s -- -y"},
		{"wget -O - https://x | python3 -", "wget -O - https://x | python3 -"},
		{"bash <(curl -s https://x)", "bash <(curl -s https://x)"},
		{`sh -c "$(curl -fsSL https://x)"`, `sh -c "$(curl -fsSL https://x)"`},
		{"curl -fsSL https://x | gpg --dearmor\ncurl -s https://x | jq .\ncurl https://x -o f && bash f", ""},
		{"curl -s https://x | bash -c 'cat'", ""},
		{`bash x.sh "$(curl -s https://x)"`, ""},
		{"curl -s x | sudo tee /etc/apt/sources.list.d/x", ""},
	})
	run(t, shell.CodeInsecureDownload, inline, []one{
		{"curl -k https://x", "-k"},
		{"curl -fsSLk https://x", "-fsSLk"},
		{"curl -ok https://x\ncurl -H k: https://x", ""},
		{"curl -k https://localhost:8443/health", ""},
		{"wget --no-check-certificate https://x", "--no-check-certificate"},
		{"sudo apt-get install -y --allow-unauthenticated x", "--allow-unauthenticated"},
		{"sudo yum install -y --nogpgcheck x", "--nogpgcheck"},
		{"curl http://x.example.com/k | sudo apt-key add -", "http://x.example.com/k"},
		{"curl http://x.example.com/k > f\ncurl http://169.254.169.254/metadata | bash", ""},
	})
}

func TestText(t *testing.T) {
	run(t, shell.CodeNoInterpreter, file, []one{
		{"echo x\n", "echo x"},
		{"\n#!/bin/bash\necho x\n", "(nothing)"},
		{"", ""},
		{"#!/bin/sh\necho", ""},
	})
	run(t, shell.CodeInterpreter, file, []one{
		{"#!/usr/bin/env bash -e\necho", "#!/usr/bin/env bash -e"},
		{"#!/usr/bin/env -S bash -e\necho", ""},
		{"#!bash\necho", "#!bash"},
		{"#! /bin/bash\necho", ""},
		{"#!/usr/bin/env bash\necho", ""},
		{"#!/bin/bash -e -x\necho", ""},
		{"#!\necho", ""},
	})
	run(t, shell.CodeLineEnds, inline, []one{{"echo x\r\necho y\r\n", "\r"}, {"echo 'a\rb'\n", ""}})
	run(t, shell.CodeUnread, file, []one{{"#!/usr/bin/env python3\nimport os\n", "(nothing)"}})
}
