docker start one; docker cp one:/note.txt /tmp/note.txt; docker cp /tmp/note.txt one:/second.txt
