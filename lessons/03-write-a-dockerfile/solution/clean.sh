docker rm -f web look
docker rmi hello:1 site:1 site:2 site:3 site:4
