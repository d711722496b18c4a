# SPDX-License-Identifier: Apache-2.0
"""Serves Git repositories over HTTP: git_http_server.py FOLDER PORT LOG.

Everything but /open/ takes the password of bob, which is s3cr3t. What is below /moved/ is on the host
"localhost" instead, what is below /moved-later/ too, but only who has the password is told. LOG gets a line for each request: host, path, whether it came with a password; and
"seen" when the password is among the arguments of any process meanwhile.
"""

import base64
import http.server
import os
import subprocess
import sys

FOLDER, PORT, LOG = sys.argv[1], int(sys.argv[2]), sys.argv[3]
LOGIN = "Basic " + base64.b64encode(b"bob:s3cr3t").decode()


def is_in_arguments(word):
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/cmdline", "rb") as file:
                if word in file.read():
                    return True
        except OSError:
            pass  # It has ended.
    return False


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self):
        path, _, query = self.path.partition("?")
        login = self.headers.get("Authorization")
        host = self.headers["Host"].partition(":")[0]
        with open(LOG, "a", encoding="ascii") as log:
            seen = " seen" if any(map(is_in_arguments, (b"s3cr3t", b"Ym9iOn"))) else ""
            log.write(f"{host} {path} {'password' if login else 'nothing'}{seen}\n")
        moves = host != "localhost" and path.startswith(("/moved/", "/moved-later/"))
        may_enter = path.startswith("/open/") or login == LOGIN
        if moves and (may_enter or path.startswith("/moved/")):
            self.send_response(302)
            self.send_header("Location", f"http://localhost:{PORT}{self.path}")
            self.end_headers()
            return
        if not may_enter:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.end_headers()
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        environment = os.environ | {
            "GIT_PROJECT_ROOT": FOLDER,
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        done = subprocess.run(["git", "http-backend"], input=body, env=environment, capture_output=True, check=False)
        head, _, text = done.stdout.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self.send_response(int(fields.pop("Status", "200").split()[0]))
        for name, value in fields.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
