# Yours to change; the common part is in /etc/bash.bashrc.
