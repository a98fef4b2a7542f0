docker run --name three busybox rm /etc/passwd
