# syntax=docker/dockerfile:1
# a comment
FROM debian:bookworm-slim AS Build
RUN apt-get update && \
    # a comment inside
    apt-get install -y \
      make gcc
COPY --chown=1000:1000 --chmod=0644 a.txt b.txt /dst/
ADD ["with blank", "/x/"]
CMD ["run", "it"]
ENTRYPOINT /bin/entry --flag
