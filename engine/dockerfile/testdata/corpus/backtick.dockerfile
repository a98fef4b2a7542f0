# escape=`
FROM busybox
ENV A=C:\dir B="`"" C=`$D
RUN dir `
 c:\
COPY a\b c:\d
RUN echo `` `
 x
