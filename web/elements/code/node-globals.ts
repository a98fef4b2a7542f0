/**
 * What `dockerfile-ast` expects of Node and uses once: `Buffer.from(text)`, to tell a byte order mark. An object, not the class, so that nothing takes this
 * page for Node. Imported before it.
 */
if (!("Buffer" in globalThis)) {
  const encoder = new TextEncoder();
  Object.defineProperty(globalThis, "Buffer", { value: { from: (text: string) => encoder.encode(text) } });
}
