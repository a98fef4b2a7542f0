#!/usr/bin/env builder
# syntax=example/frontend
# escape=`
	FROM   busybox
   # indented comment
 
  RUN a `b
\
RUN c\
