# escape=\
FROM busybox
RUN a \
  b
RUN <<EOF
c
EOF
CMD ["d"]