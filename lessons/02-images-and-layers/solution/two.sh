docker run --name one busybox sh -c 'echo "only in one" > /note.txt; ls /'
docker run --name two busybox ls /
