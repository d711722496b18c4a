FROM a
COPY --from=build --link --parents --exclude=*.o --exclude="a b" ./src/./x /y/
ADD --checksum=sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d --keep-git-dir=true --unpack=false https://example.com/x /y
COPY -- --odd /dst
COPY --parents=false a b
