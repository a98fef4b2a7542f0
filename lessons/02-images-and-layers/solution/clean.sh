docker rm one two three
docker rmi notes:keep
