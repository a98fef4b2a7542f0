FROM busybox
MAINTAINER Someone <someone@example.com>
WORKDIR /a b/c
WORKDIR "quoted"
USER 1000:1000
USER $USER
VOLUME /a /b
VOLUME ["/a b", "/c"]
EXPOSE 9000 80/tcp 53/udp 8000-8010 ${PORT}
STOPSIGNAL SIGQUIT
STOPSIGNAL --ignored 9
SHELL ["/bin/ash", "-eo", "pipefail", "-c"]
CMD echo hi
CMD ["echo", "hi"]
CMD []
CMD
ENTRYPOINT exec top -b
ENTRYPOINT ["top", "-b"]
ENTRYPOINT []
HEALTHCHECK NONE
HEALTHCHECK CMD curl -f http://localhost/ || exit 1
HEALTHCHECK --interval=5m --timeout=3s --start-period=1m30s --start-interval=500ms --retries=3 \
  CMD ["curl", "-f", "http://localhost/"]
ONBUILD COPY . /app
ONBUILD   RUN --mount=type=cache,target=/c make
onbuild cmd ["a"]
