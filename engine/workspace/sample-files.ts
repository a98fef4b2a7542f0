/** What a visitor finds in a workspace that never existed before: a web page in a container. */
export const SAMPLE_FILES: Readonly<Record<string, string>> = {
  Dockerfile: `# A web page in a container:
#   docker build -t hello .
#   docker run -d -p 8080:80 hello
FROM busybox
COPY index.html /www/
EXPOSE 80
CMD ["httpd", "-f", "-v", "-p", "80", "-h", "/www"]
`,
  "index.html": `<!doctype html>
<html lang="en">
  <meta charset="utf-8" />
  <title>Hello</title>
  <h1>Hello from a container</h1>
  <p>Change me in the editor, build again, and run the new image.</p>
</html>
`,
};
