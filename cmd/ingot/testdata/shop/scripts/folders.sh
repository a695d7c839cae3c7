#!/bin/sh -e
sudo mkdir -p /srv/shop/pages /etc/shop
sudo chmod 0755 /srv/shop /srv/shop/pages /etc/shop
echo "folders are there"
