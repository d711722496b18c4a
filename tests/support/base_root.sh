#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# base_root.sh FOLDER: a small root file system with what build steps stumble over.
set -e
umask 022
root=$1
mkdir -p "$root"
cd "$root"
mkdir -p bin usr/bin usr/lib etc run tmp var root srv/www data/private
ln -s usr/lib lib
ln -s /run var/run
ln -s ../srv/www var/www
ln -s /srv/missing var/dangling
cp /bin/busybox bin/busybox
for applet in sh cat ls echo true false mkdir chmod chown ln cp mv rm touch id env pwd stat find sleep head test; do
  ln -s busybox bin/$applet
done
printf 'root:x:0:0:root:/root:/bin/sh\nweb:x:33:44:web:/srv/www:/bin/sh\n' > etc/passwd
printf 'root:x:0:\nweb:x:44:\nstaff:x:50:web\n' > etc/group
echo config > etc/app.conf
echo one > data/one
ln data/one data/again
mkdir data/private/deep
echo secret > data/private/deep/file
chmod 1777 tmp
chmod 0700 data/private
chmod 4755 bin/busybox
chown 33:44 srv/www data/private data/private/deep
chmod 0750 srv/www
find . -exec touch -h -d @1000000000 {} +
