docker rmi notes
docker rmi busybox
