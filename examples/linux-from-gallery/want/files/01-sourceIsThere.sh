#!/bin/sh -e
test -f /srv/www/index.html
systemctl is-enabled web.service
