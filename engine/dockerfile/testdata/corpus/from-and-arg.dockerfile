# syntax=docker/dockerfile:1.7 extra words
# Check = skip=JSONArgsRecommended, StageNameCasing ; experimental=all;error=true

# ARG before FROM
ARG VERSION=latest FLAVOUR
ARG EMPTY= QUOTED="a b" SINGLE='c d'
FROM busybox
FROM busybox:${VERSION} AS Build_1.x
FROM --platform=$BUILDPLATFORM busybox@sha256:0000000000000000000000000000000000000000000000000000000000000000 as tools
FROM --platform=linux/386	build_1.x	As	final
ARG VERSION
arg one two=2 three=$two
From scratch
