docker exec box sh -c 'echo "and again" >> /root/note.txt; touch /root/by-exec'
