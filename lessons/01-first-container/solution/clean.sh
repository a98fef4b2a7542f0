docker rm -f box first
docker rm $(docker ps -aq)
