FROM a
MAINTAINER Somebody <s@example.com>
ONBUILD RUN make \
   all
STOPSIGNAL SIGINT
EXPOSE 80 443/tcp 8000-8010/udp $PORT
USER www-data:www-data
WORKDIR /a b
