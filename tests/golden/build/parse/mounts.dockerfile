FROM a
RUN --mount=type=cache,target=/root/.cache,id=pip,sharing=locked,mode=0700,uid=1,gid=2 --mount=type=secret,id=token,env=TOKEN \
    --mount=target=/src,rw --network=none --security=insecure make
RUN --mount=type=ssh --mount=type=tmpfs,target=/t,size=10m ["make", "x"]
RUN --mount=type=cache,target=${DIR} x
