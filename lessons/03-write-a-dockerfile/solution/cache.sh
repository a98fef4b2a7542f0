sed -i 's/first version/second version/' index.html
docker build -t site:2 .
docker rm -f web
docker run -d --name web -p 8080:80 site:2
