docker run -it --name box busybox sh
echo "hello from the box" > /root/note.txt
exit
