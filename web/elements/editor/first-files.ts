/** What an empty workspace can begin with: a page, and the Dockerfile of the server that serves it. */
export const FIRST_FILES: readonly (readonly [path: string, text: string])[] = [
  [
    "Dockerfile",
    `FROM busybox:latest
WORKDIR /www
COPY index.html .
RUN echo "built on $(uname -m)" > build.txt
EXPOSE 80
CMD ["httpd", "-f", "-v", "-p", "80"]
`,
  ],
  [
    "index.html",
    `<!doctype html>
<title>Hello</title>
<h1>Hello from a container</h1>
<p>Change this line, press Build, and run the image again.</p>
`,
  ],
  [".dockerignore", ".git\n*.tar\n"],
];
