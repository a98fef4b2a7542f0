docker start box
