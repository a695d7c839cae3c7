#!/bin/sh -e
get='import urllib.request as r; print(r.urlopen("http://localhost/").read().decode())'
for try in 1 2 3 4 5 6 7 8 9 10; do python3 -c "$get" 2>/dev/null && exit 0; sleep 1; done
systemctl status web.service
exit 1
