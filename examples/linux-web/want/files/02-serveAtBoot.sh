#!/bin/sh -e
sudo install -D -m 0644 /tmp/index.html /srv/www/index.html
sudo sed -i "s/@TITLE@/Hello from Ingot/" /srv/www/index.html
sudo tee /etc/systemd/system/web.service >/dev/null <<'UNIT'
[Unit]
Description=A page from the image
After=network.target
[Service]
ExecStart=/usr/bin/python3 -m http.server 80 --directory /srv/www
DynamicUser=yes
AmbientCapabilities=CAP_NET_BIND_SERVICE
[Install]
WantedBy=multi-user.target
UNIT
sudo systemctl enable --now web.service
