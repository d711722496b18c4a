FROM --plattform=linux/amd64 a
COPY --chwon=1 a b
COPY --chown a b
COPY --from=a --from=b a b
COPY --link=maybe a b
RUN --mount=type=cahce,target=/x true
RUN --mount=type=cache true
RUN --mount=type=tmpfs,target=/x,id=y true
RUN --mount=type=bind,target=/x,mode=0755 true
RUN --mount=type=secret,idd=x true
RUN --network=bridge true
RUN --security=none true
RUN --device=nvidia true
