docker run --name first busybox sh -c 'echo I was here; exit 3'
