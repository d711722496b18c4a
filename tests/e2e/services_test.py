# SPDX-License-Identifier: Apache-2.0
"""What the attributes of a service come to inside its container."""

import os
import socket
import unittest
import urllib.request

import isolation
from installation import Installation, wait_until

PROJECT = """
services:
  web:
    build: .
    hostname: shop
    environment:
      PLAIN: as it is
      FILLED: ${FILLING:-sweet}
      PASSED:
    env_file: [settings.env]
    working_dir: /srv
    user: "1000:1000"
    command: ["httpd", "-f", "-p", "8080", "-h", "/srv"]
    ports:
      - "127.0.0.1:${PORT}:8080"
    networks:
      front: {aliases: [shop-window]}
      back:
    volumes:
      - data:/srv/data
      - ./shared:/shared:ro
      - type: tmpfs
        target: /scratch
        tmpfs: {size: 1m}
    secrets:
      - source: word
        target: renamed
        uid: "1000"
        gid: "1000"
        mode: 0400
      - from-file
    configs:
      - source: motd
        target: /etc/motd
    labels: {purpose: test}
    mem_limit: 48m
    cpus: 0.5
    pids_limit: 20
    init: true
    stop_grace_period: 0s
  db:
    image: busybox:test
    command: httpd -f -p 5432 -h /etc
    networks: [back]
    stop_grace_period: 0s
    scale: 2
  restless:
    image: busybox:test
    command: sh -c 'echo again >> /log/starts; exit 3'
    restart: on-failure:2
    volumes: ["starts:/log"]
    network_mode: none
  late:
    image: busybox:test
    command: sh -c 'cat /log/made && sleep 3600'
    stop_grace_period: 0s
    depends_on:
      maker: {condition: service_completed_successfully}
    volumes: ["made:/log"]
  maker:
    image: busybox:test
    command: sh -c 'echo ready > /log/made'
    volumes: ["made:/log"]
networks:
  front:
  back: {internal: true}
volumes:
  data:
  starts:
  made:
secrets:
  word: {environment: WORD}
  from-file: {file: ./secret.txt}
configs:
  motd: {content: "Hello ${FILLING:-sweet} world\\n"}
"""
DOCKERFILE = """FROM busybox:test AS first
RUN mkdir -p /srv/data && echo page > /srv/index.html && echo seed > /srv/data/seed && chown -R 1000:1000 /srv
FROM busybox:test
COPY --from=first --chown=1000:1000 /srv /srv
COPY --chmod=750 shared/note.txt /note.txt
ENV IMAGE_SAYS=so
LABEL made=here
"""
FILES = {"compose.yaml": PROJECT, "Dockerfile": DOCKERFILE, "settings.env": "FROM_FILE='quoted value'\n",
         "shared/note.txt": "noted\n", "secret.txt": "from a file\n", ".env": "FILLING=bitter\n"}


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Services(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.here = Installation()
        cls.addClassCleanup(cls.here.close)
        cls.here.import_busybox()
        cls.port = free_port()
        cls.here.environment.update(WORD="open sesame", PASSED="through", PORT=str(cls.port))
        cls.folder = cls.here.project("services", FILES)
        cls.here.check("up", "-d", "--build", cwd=cls.folder)

    def shell(self, script, service="web", *flags):
        return self.here.check("exec", "-T", *flags, service, "sh", "-c", script, cwd=self.folder).stdout

    def test_identity(self):
        self.assertEqual("shop\n", self.shell("hostname"))
        self.assertEqual("/srv\n", self.shell("pwd"))
        self.assertEqual("1000\n1000\n", self.shell("id -u; id -g"))

    def test_environment(self):
        self.assertEqual("as it is|bitter|through|quoted value|so\n",
                         self.shell('echo "$PLAIN|$FILLED|$PASSED|$FROM_FILE|$IMAGE_SAYS"'))

    def test_published_port(self):
        def page():
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=5) as answer:
                    return answer.read()
            except OSError:
                return None
        self.assertEqual(b"page\n", wait_until(page, "the page on the published port"))

    def test_names(self):
        self.assertEqual(2, len(set(self.shell("nslookup db 127.0.0.11 | sed '1,/^$/d' | grep ^Address").splitlines())))
        self.assertIn("nobody", self.shell("wget -q -O - http://db:5432/passwd"))
        for name in ("services-db-2", "shop-window", "services-web-1", "web", "shop"):
            with self.subTest(name=name):
                self.shell(f"ping -c 1 -W 2 {name} > /dev/null || nslookup {name}")
        unknown = self.here.run("exec", "-T", "web", "nslookup", "no-such-name", "127.0.0.11", cwd=self.folder)
        self.assertNotEqual(0, unknown.code)

    def test_networks_keep_apart(self):
        routes = self.shell("cat /proc/net/route", "db").splitlines()[1:]
        self.assertEqual([], [line for line in routes if line.split()[1] == "00000000"])

    def test_volumes(self):
        self.assertEqual("seed\n", self.shell("cat /srv/data/seed"))
        self.assertEqual("1000\n", self.shell("stat -c %u /srv/data"))
        self.assertEqual("noted\n", self.shell("cat /shared/note.txt"))
        refused = self.here.run("exec", "-T", "web", "touch", "/shared/x", cwd=self.folder)
        self.assertIn("Read-only file system", refused.stderr)
        self.assertIn("No space left", self.here.run("exec", "-T", "-u", "0", "web", "sh", "-c",
                                                     "dd if=/dev/zero of=/scratch/x bs=1M count=3", cwd=self.folder).stderr)

    def test_built_files(self):
        self.assertEqual("750 0\n1000\n", self.shell("stat -c '%a %u' /note.txt; stat -c %u /srv/index.html"))

    def test_secrets_and_configs(self):
        self.assertEqual("open sesame", self.shell("cat /run/secrets/renamed"))
        self.assertEqual("400 1000 1000\n", self.shell("stat -c '%a %u %g' /run/secrets/renamed"))
        self.assertEqual("from a file\n", self.shell("cat /run/secrets/from-file"))
        self.assertEqual("Hello bitter world\n", self.shell("cat /etc/motd"))

    def test_limits(self):
        memory = self.shell("cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max")
        self.assertEqual(48 * 1024 * 1024, int(memory))
        pids = self.shell("cat /sys/fs/cgroup/pids/pids.max 2>/dev/null || cat /sys/fs/cgroup/pids.max")
        self.assertEqual(20, int(pids))

    def test_init_takes_in_orphans(self):
        self.shell("(sleep 0.01 &)")
        wait_until(lambda: "Z" not in self.shell("cat /proc/[0-9]*/stat | sed 's/.*) \\(.\\).*/\\1/'").split(), "no zombies")
        self.assertNotRegex(self.shell("tr '\\0' ' ' < /proc/1/cmdline"), "^httpd")

    def test_restart_policy_gives_up(self):
        def starts():
            place = os.path.join(self.here.data_root, "volumes", "services_starts", "_data", "starts")
            if not os.path.exists(place):
                return 0
            with open(place, encoding="utf-8") as file:
                return file.read().count("again")
        wait_until(lambda: starts() == 3, "one start and two more")
        record = wait_until(lambda: [r for r in self.here.containers(self.folder).values()
                                     if r["Service"] == "restless" and r["State"] == "exited"], "restless has given up")
        self.assertEqual(3, record[0]["ExitCode"])

    def test_a_dependency_that_completes(self):
        self.assertEqual("ready\n", self.here.check("logs", "--no-log-prefix", "late", cwd=self.folder).stdout)


if __name__ == "__main__":
    isolation.enter()
    unittest.main(verbosity=2)
