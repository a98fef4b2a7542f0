FROM busybox AS base
COPY a b
COPY a b/ c?.txt [d-f]* /dst/
COPY ["a b", "/c d/"]
COPY --from=base /a /b
COPY --from=0 --chown=user:group --chmod=u=rwX,go=rX --link --parents --exclude=*.md --exclude=**/test ./src/./lib /app/
COPY --link=false --parents=TRUE a b
ADD https://example.com/a.tar.gz /
ADD --checksum=sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d https://example.com/a /a
ADD --keep-git-dir=true https://example.com/r.git#v1 /r
ADD --unpack=false --chown=1000:1000 --chmod=0644 --exclude=b a.tar /
ADD git@example.com:r.git /r
