#!/bin/sh -e
. /etc/shop/shop.conf
sudo mkdir -p "$ROOT"
echo "<h1>$TITLE</h1>" | sudo tee "$ROOT/index.html"
