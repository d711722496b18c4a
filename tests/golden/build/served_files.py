# SPDX-License-Identifier: Apache-2.0
"""A web server on loopback for the cases that add from addresses: files of a folder, and its git repositories."""
import http.server
import os
import subprocess
import threading


class Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        if ".git/" in self.path:
            self.run_git()
        elif self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/file.txt")
            self.end_headers()
        else:
            super().do_GET()

    def do_POST(self):
        self.run_git()

    def end_headers(self):
        if self.path == "/attached":
            self.send_header("Content-Disposition", 'attachment; filename="given.txt"')
        super().end_headers()

    def run_git(self):
        """git-http-backend(1) as a CGI program."""
        path, _, query = self.path.partition("?")
        environment = {
            **os.environ, "GIT_PROJECT_ROOT": self.directory, "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path,
            "QUERY_STRING": query, "REQUEST_METHOD": self.command, "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": self.headers.get("Content-Length", "0"), "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", "")}
        body = self.rfile.read(int(environment["CONTENT_LENGTH"]))
        done = subprocess.run(["git", "-c", "safe.directory=*", "http-backend"], input=body, env=environment,
                              capture_output=True, check=True)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        fields = [line.split(": ", 1) for line in head.decode().splitlines()]
        status = next((int(value.split()[0]) for name, value in fields if name == "Status"), 200)
        self.send_response(status)
        for name, value in fields:
            if name != "Status":
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


class ServedFiles:
    """Serves `folder` as long as it is open; `address` has no slash at its end."""

    def __init__(self, folder):
        def handler(*arguments):
            return Handler(*arguments, directory=folder)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
