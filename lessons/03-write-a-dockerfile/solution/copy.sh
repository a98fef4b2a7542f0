printf 'FROM busybox\nWORKDIR /site\nCOPY index.html .\nEXPOSE 80\nCMD ["httpd", "-f", "-p", "80"]\n' > Dockerfile
docker build -t site:1 .
