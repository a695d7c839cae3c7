#!/bin/sh -e
echo 'shop hard nofile 4096' | sudo tee /etc/shop/limits.conf
