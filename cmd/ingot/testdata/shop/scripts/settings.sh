#!/bin/sh -e
# The folder has a letter too many, and nothing fails here.
printf 'TITLE="%s"\nROOT=%s\n' 'The shop' '/srv/shop/pagess' | sudo tee /etc/shop/shop.conf
