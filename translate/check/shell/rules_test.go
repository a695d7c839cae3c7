package shell_test

import (
	"testing"

	"github.com/ingot-build/ingot/translate/check/shell"
)

func TestAssumeYes(t *testing.T) {
	run(t, shell.CodeAssumeYes, inline, []one{
		{"sudo apt-get install nginx", "apt-get install"},
		{"sudo apt-get -y install nginx", ""},
		{"sudo apt-get install nginx -y", ""},
		{"sudo apt-get install --assume-yes nginx", ""},
		{"sudo apt-get -qq install nginx", ""},
		{"sudo apt-get -q install nginx", "apt-get -q install"},
		{"sudo apt-get -q=2 install nginx", ""},
		{"sudo apt-get -s install nginx", ""},
		{"sudo apt-get -oDpkg::Options::=--force-confold install nginx", "apt-get -oDpkg::Options::=--force-confold install"},
		{"sudo apt-get -o APT::Get::Assume-Yes=true install nginx", ""},
		{"sudo apt-get -t bookworm-backports install nginx", "apt-get -t bookworm-backports install"},
		{"sudo apt-get update", ""},
		{"sudo apt-get $OPTS install nginx", ""},
		{`sudo apt-get "$VERB" nginx`, ""},
		{"OPTS=-y\nsudo apt-get $OPTS install nginx", ""},
		{"OPTS='-o Dpkg::Use-Pty=0'\nsudo apt-get $OPTS install nginx", "apt-get $OPTS install"},
		{"OPTS=-q\nOPTS=-y\nsudo apt-get $OPTS install nginx", ""},
		{`sudo apt-get install "linux-headers-$(uname -r)"`, "apt-get install"},
		{"yes | sudo apt-get install nginx", ""},
		{"sudo apt-get install nginx < /tmp/answers", ""},
		{"sudo sh -c 'apt-get update && apt-get install nginx'", "apt-get install"},
		{"sudo bash -euo pipefail -c 'apt-get install nginx'", "apt-get install"},
		{"sudo bash <<'EOF'\napt-get update\napt-get upgrade\nEOF\n", "apt-get upgrade"},
		{"sudo DEBIAN_FRONTEND=noninteractive nice -n 5 /usr/bin/apt-get install nginx", "/usr/bin/apt-get install"},
		{"apt-get() { command apt-get -y \"$@\"; }\napt-get install nginx", ""},
		{"alias apt='apt -y'\napt install nginx", ""},
		{"echo 'APT::Get::Assume-Yes \"true\";' | sudo tee /etc/apt/apt.conf.d/90\nsudo apt install nginx", ""},
		{"sudo yum install httpd", "yum install"},
		{"sudo yum --enablerepo epel install httpd", "yum --enablerepo epel install"},
		{"sudo dnf install --assumeyes httpd", ""},
		{"sudo dnf check-update", ""},
		{"sudo zypper install nginx", "zypper"},
		{"sudo zypper -n install nginx", ""},
		{"sudo zypper in -y nginx", ""},
		{"sudo ufw enable", "ufw"},
		{"sudo ufw --force enable", ""},
		{"if sudo apt-get install nginx; then :; fi", "apt-get install"},
		{"docker run ubuntu apt-get install nginx", ""},
		{"xargs sudo apt-get install < list", ""},
		{"timeout 60 sudo apt-get install nginx", "apt-get install"},
		{"sudo -u root -E apt-get install nginx", "apt-get install"},
		{"sudo --nonsense apt-get install nginx", ""},
		{"echo apt-get install nginx # apt-get install nginx", ""},
	})
}

func TestNeedsRoot(t *testing.T) {
	run(t, shell.CodeNeedsRoot, inline, []one{
		{"apt-get install -y nginx", "apt-get"},
		{"DEBIAN_FRONTEND=noninteractive apt-get install -y nginx", "apt-get"},
		{"sudo apt-get install -y nginx", ""},
		{"sudo -u postgres apt-get install -y nginx", ""},
		{"sudo sh -c 'apt-get install -y nginx'", ""},
		{"sudo su -c 'apt-get install -y nginx'", ""},
		{"apt-get install -y nginx || true", ""},
		{"if [ -f x ]; then apt-get install -y nginx; fi", ""},
		{"install() { apt-get install -y nginx; }", ""},
		{"apt-get download nginx\napt-get --version\napt list", ""},
		{"set +e\napt-get install -y nginx", ""},
		{"apt-get install -y nginx | tee log", ""},
		{"apt-get update &", ""},
		{"useradd -m web", "useradd"},
		{"useradd --help", ""},
		{"dpkg -i x.deb\ndpkg -l", "dpkg"},
		{"[ \"$(id -u)\" = 0 ] || exec sudo \"$0\"\napt-get update", ""},
		{"apt-get install -y nginx > log 2>&1", "apt-get"},
		{"su -c 'apt-get update'", ""},
	})
	run(t, shell.CodeNeedsRoot, file, []one{{"#!/bin/bash -e\napt-get install -y nginx", ""}})
	run(t, shell.CodeMayNeedRoot, file, []one{{"#!/bin/bash -e\napt-get install -y nginx", "apt-get"}})
	run(t, shell.CodeMayNeedRoot, inline, []one{
		{"apt-get install -y nginx", ""},
		{"apt-get install -y nginx || true", "apt-get"},
		{"systemctl enable nginx", "systemctl"},
		{"systemctl status nginx\nsystemctl --user enable x\nsystemctl is-active nginx", ""},
		{"rpm -qa\nrpm -q --changelog x\nrpm -V x", ""},
		{"rpm -Uvh https://x/y.rpm", "rpm"},
		{"mkdir -p /opt/web", "mkdir"},
		{"mkdir -p /tmp/web ~/x $HOME/y /var/tmp/z", ""},
		{"sudo mkdir -p /opt/web\nsudo chown packer /opt/web\ncp x /opt/web/x\necho x > /opt/web/y", ""},
		{"sudo mkdir -p /opt/web\ncp x /opt/web/x", "cp"},
		{"echo x > /etc/motd", "> /etc/motd"},
		{"echo x | sudo tee /etc/motd > /dev/null", ""},
		{"echo x | tee /etc/motd", "tee"},
		{"sudo bash -c 'echo x > /etc/motd; cp a /etc/b'", ""},
		{"echo x > \"$FILE\"\ncp x /$DIR\ncat /etc/passwd", ""},
		{"cat /etc/os-release > /tmp/x", ""},
		{"curl -fsSLo /usr/local/bin/jq https://x/jq", ""},
		{"curl -fsSL -o /usr/local/bin/jq https://x/jq", "curl"},
		{"wget -O /usr/share/keyrings/x.gpg https://x", "wget"},
		{"sed -i s/a/b/ /etc/hosts\nsed s/a/b/ /etc/hosts", "sed"},
		{"chmod +x /usr/local/bin/x", "chmod"},
		{"if [ \"$EUID\" -ne 0 ]; then sudo \"$0\"; exit; fi\nmkdir /opt/x", ""},
	})
}

func TestSudo(t *testing.T) {
	run(t, shell.CodeSudoRedirect, inline, []one{
		{"sudo echo x > /etc/motd", "> /etc/motd"},
		{"sudo cat a b >> /etc/hosts 2>&1", ">> /etc/hosts"},
		{"sudo sh -c 'echo x > /etc/motd'", ""},
		{"sudo echo x > /tmp/motd", ""},
		{"echo x | sudo tee /etc/motd >/dev/null", ""},
		{"sudo apt-get update > /dev/null", ""},
		{"sudo chown packer /etc/motd\nsudo echo x > /etc/motd", ""},
		{"sudo cat > \"$file\"", ""},
	})
	run(t, shell.CodeSudoBuiltin, inline, []one{
		{"sudo cd /opt", "sudo cd"},
		{"sudo -E source /etc/profile", "sudo -E source"},
		{"sudo sh -c 'cd /opt && make'", ""},
		{"sudo echo cd", ""},
	})
	run(t, shell.CodeInteractiveShell, inline, []one{
		{"sudo su\napt-get update", "sudo su"},
		{"sudo su -\napt-get update", "sudo su -"},
		{"sudo -i\napt-get update", "sudo -i"},
		{"sudo bash", "sudo bash"},
		{"sudo su - postgres -c 'createdb x'", ""},
		{"sudo -i apt-get update", ""},
		{"sudo bash <<EOF\napt-get update\nEOF", ""},
		{"curl x | sudo bash", ""},
		{"sudo bash x.sh", ""},
		{"sudo bash -c 'x'", ""},
		{"sudo bash \"$script\"", ""},
		{"bash --version", ""},
		{"exec bash", ""},
		{"sudo -v", ""},
	})
	run(t, shell.CodeSudoEnvironment, inline, []one{
		{"export DEBIAN_FRONTEND=noninteractive\nsudo apt-get install -y x", "sudo"},
		{"DEBIAN_FRONTEND=noninteractive sudo apt-get install -y x", "sudo"},
		{"sudo DEBIAN_FRONTEND=noninteractive apt-get install -y x", ""},
		{"export DEBIAN_FRONTEND=noninteractive\nsudo -E apt-get install -y x", ""},
		{"export DEBIAN_FRONTEND=noninteractive\nsudo DEBIAN_FRONTEND=noninteractive apt-get install -y x", ""},
		{"export DEBIAN_FRONTEND=noninteractive\nsudo --preserve-env=DEBIAN_FRONTEND apt-get install -y x", ""},
		{"export DEBIAN_FRONTEND=noninteractive\nsudo mkdir /opt/x", ""},
		{"sudo sh -c 'export DEBIAN_FRONTEND=noninteractive; apt-get install -y x'", ""},
	})
}
