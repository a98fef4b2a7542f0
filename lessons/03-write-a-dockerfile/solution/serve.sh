docker run -d --name web -p 8080:80 site:1
