cd /root/workspace
printf 'FROM busybox\nCMD ["echo", "Hello from my own image"]\n' > Dockerfile
docker build -t hello:1 .
docker run --rm hello:1
