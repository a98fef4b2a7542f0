sed -i '3i RUN echo "made by $(whoami) on $(date)" > about.txt' Dockerfile
docker build -t site:3 .
docker run --rm site:3 cat about.txt
