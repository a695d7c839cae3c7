#!/bin/sh -e
sudo install -m 0644 /tmp/about.html /srv/www/about.html
