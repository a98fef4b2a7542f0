FROM busybox
ENV A=b
ENV A=b C="d e" F='g h' I=j\ k L="m\"n" O=
ENV OLD form  keeps   its	blanks
ENV OLD "quoted" $VARIABLE
ENV LONG=1 \
    LONGER=2 \
    # between
    LONGEST="3 \
4"
ENV A=${B:-c} B=${C+d} C="${D:?e f}"
LABEL org.example.a=b "c d"="e f" g='h'
LABEL version="1.0" \
      description="a \
b"
LABEL old form
