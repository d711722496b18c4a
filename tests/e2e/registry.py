# SPDX-License-Identifier: Apache-2.0
"""Debian's docker-registry on a free port of loopback, for tests that pull and push."""

import ctypes
import ctypes.util
import os
import shutil
import socket
import subprocess

from installation import wait_until


def available():
    return shutil.which("docker-registry") is not None and shutil.which("openssl") is not None


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _bcrypt(password):
    crypt = ctypes.CDLL(ctypes.util.find_library("crypt") or "libcrypt.so.1").crypt
    crypt.restype = ctypes.c_char_p
    # The same function under the name that htpasswd files know.
    return crypt(password.encode(), b"$2b$04$abcdefghijklmnopqrstuu").decode().replace("$2b$", "$2y$", 1)


class Registry:
    """With `tls` it has a certificate for "localhost" of an authority of its own, in `authority`; with `user`
    it asks for a password. close() ends it."""

    def __init__(self, folder, tls=False, user="", password=""):
        os.makedirs(folder)
        self.port = _free_port()
        self.host = f"localhost:{self.port}"
        self.folder = folder
        lines = ["version: 0.1", "log: {level: error}",
                 f"storage: {{filesystem: {{rootdirectory: {folder}/data}}, delete: {{enabled: true}}}}",
                 "http:", f"  addr: 127.0.0.1:{self.port}"]
        if tls:
            self._make_certificates()
            lines.append(f"  tls: {{certificate: {folder}/server.crt, key: {folder}/server.key}}")
        if user:
            self._write("htpasswd", f"{user}:{_bcrypt(password)}\n")
            lines.append(f"auth: {{htpasswd: {{realm: test, path: {folder}/htpasswd}}}}")
        self._write("config.yml", "\n".join(lines) + "\n")
        with open(f"{folder}/log", "wb") as log:
            self._process = subprocess.Popen(["docker-registry", "serve", f"{folder}/config.yml"], stdout=log, stderr=log)
        wait_until(self._answers, "the registry listens")

    def trust(self, certificates):
        """Puts the authority where a folder of the kind of /etc/docker/certs.d has it."""
        os.makedirs(f"{certificates}/{self.host}")
        shutil.copy(f"{self.folder}/ca.crt", f"{certificates}/{self.host}/ca.crt")

    def close(self):
        self._process.terminate()
        self._process.wait()

    def _answers(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def _write(self, name, text):
        with open(f"{self.folder}/{name}", "w", encoding="utf-8") as file:
            file.write(text)

    def _make_certificates(self):
        self._write("san", "subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        for command in (
                "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test-authority -keyout ca.key -out ca.crt "
                "-addext basicConstraints=critical,CA:TRUE",
                "openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr",
                "openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile san "
                "-out server.crt"):
            subprocess.run(command.split(), cwd=self.folder, check=True, capture_output=True)
