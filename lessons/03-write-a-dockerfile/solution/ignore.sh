echo "password" > secret.txt
printf 'secret.txt\nDockerfile\n.dockerignore\n' > .dockerignore
printf 'FROM busybox\nWORKDIR /site\nCOPY . .\nEXPOSE 80\nCMD ["httpd", "-f", "-p", "80"]\n' > Dockerfile
docker build -t site:4 .
docker run --name look site:4 ls -a
