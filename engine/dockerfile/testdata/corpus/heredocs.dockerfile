FROM busybox
RUN <<EOF
echo one
  echo $two
EOF
RUN <<"EOF"
echo $one
EOF
RUN <<-'EOF'
	echo tabs
		EOF and more
	EOF
RUN python3 <<EOF > /out && cat 3<<OTHER
print("a")
EOF
b
OTHER
RUN <<EMPTY
EMPTY
RUN echo 'no <<EOF here' "nor <<EOF here" \<<EOF
RUN ["echo", "<<EOF"]
COPY <<one.txt <<-"two.txt" /etc/
1 $A
one.txt
	2 $A
two.txt
ADD <<a b /c/
from a
a
COPY --chmod=755 <<entry.sh /entry.sh
#!/bin/sh
# not a comment of the Dockerfile
RUN is not an instruction \
entry.sh
ONBUILD RUN <<EOF
later
EOF
CMD <<EOF
