#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# make_images.sh DOCKER...: makes the images of the archives here with that Docker client and the engine it reaches.
# Needs root, a static /bin/busybox and python3.
set -e
umask 022
folder=$(mktemp -d -p /tmp)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir -p base/bin base/var/spool one many/tree/deep many/tree/gone

# A layer that was imported, with what only a root file system of its own brings.
echo program > base/bin/ping
echo special > base/bin/su
chmod 6755 base/bin/su
chmod 1777 base/var/spool
ln -s /var base/run
python3 - <<'END'
import os, struct
os.setxattr("base/bin/ping", "security.capability", struct.pack("<5I", 0x02000001, 1 << 13, 0, 0, 0))
os.setxattr("base/var/spool", "user.note", b"two words")
END
find base -exec touch -h -d @1000000000.5 {} +
tar --numeric-owner --xattrs --xattrs-include='*' --format=posix -C base -cf base.tar .
"$@" import -c 'ENV WHO=base' "$folder/base.tar" archive/base:1

printf hello > one/hello
cat > one/Dockerfile <<'END'
FROM scratch
COPY --chown=3:4 --chmod=640 hello /etc/hello
ENV WHO=world
CMD ["/hello"]
END

cp /bin/busybox many/busybox
echo a > many/tree/a
ln many/tree/a many/tree/b
ln -s a many/tree/link
echo deep > many/tree/deep/file
chmod 4711 many/tree/deep/file
echo gone > many/tree/gone/file
mkfifo many/tree/pipe
cat > many/Dockerfile <<'END'
FROM scratch AS tools
COPY busybox /busybox
FROM archive/base:1
COPY tree /tree
SHELL ["/t/busybox", "sh", "-euc"]
RUN --mount=from=tools,target=/t --network=none b=/t/busybox; $b rm -r /tree/gone; $b rm -r /tree/deep; \
    $b mkdir /tree/deep; echo new > /tree/deep/other; $b mknod /tree/null c 1 3; $b ln /tree/a /tree/c
RUN --mount=from=tools,target=/t --network=none b=/t/busybox; $b truncate -s 20000 /tree/sparse; \
    $b touch "/tree/$($b printf 'n\303\251')"; n=$($b printf 'x%.0s' $($b seq 120)); \
    $b mkdir -p /long/$n/$n; echo far > /long/$n/$n/$n; $b chown 100000:3000000 /tree/a
WORKDIR /work
COPY tree/a tree/link /tree/deep/
LABEL two="lines\n of it" one=1
EXPOSE 80 53/udp
VOLUME /data
USER 1000:50
STOPSIGNAL SIGINT
ONBUILD RUN ["/x"]
HEALTHCHECK --interval=1m --start-interval=2s CMD ["/check"]
ENTRYPOINT ["/entry"]
END

for name in one many; do "$@" buildx build -q --load -t archive/$name:1 "$folder/$name"; done
"$@" tag archive/one:1 archive/one:latest
"$@" tag archive/one:1 localhost:5000/team/one:v2
