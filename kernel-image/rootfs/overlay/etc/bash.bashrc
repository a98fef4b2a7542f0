# Interactive shells of every user.
case $- in *i*) ;; *) return ;; esac
HISTCONTROL=ignoreboth HISTSIZE=1000 HISTFILESIZE=2000
shopt -s checkwinsize histappend
PS1='\[\e[1;32m\]\u@\h\[\e[0m\]:\[\e[1;34m\]\w\[\e[0m\]\$ '
[ "$UID" != 0 ] || PS1='\[\e[1;36m\]\u@\h\[\e[0m\]:\[\e[1;34m\]\w\[\e[0m\]\$ '
case $TERM in
	xterm* | screen* | linux | vt2*)
		alias ls='ls --color=auto' grep='grep --color=auto'
		;;
esac
alias ll='ls -l' la='ls -A'
