FROM busybox
RUN echo shell form
RUN ["/bin/echo", "exec form", "a\"b", "\u00e9"]
RUN ["not", json]
RUN	echo	tabs
RUN echo one \
    two \   
    # a comment between
  # an indented one

    three
RUN echo "a \" b" 'c' \\ d
RUN --network=none true
RUN --network=host --security=insecure true
RUN --mount=type=bind,source=/src,target=/dst,rw true
RUN --mount=type=cache,id=npm,target=/root/.npm,sharing=locked,mode=0700,uid=1000,gid=1000 \
    --mount=type=tmpfs,target=/tmp,size=64m \
    --mount=type=secret,id=token,env=TOKEN,required=true --mount=type=ssh true
RUN --mount=from=tools,target=/tools,ro --mount="type=cache,target=/a b" true
RUN -- --not-a-flag
RUN
