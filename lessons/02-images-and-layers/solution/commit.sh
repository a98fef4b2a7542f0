docker commit one notes
docker run --rm notes cat /note.txt
