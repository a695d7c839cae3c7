#!/bin/sh -e
echo "looking for the page"
grep -q shop /etc/shop/limits.conf
grep '<h1>' /srv/shop/pages/index.html
