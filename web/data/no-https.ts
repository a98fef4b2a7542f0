/**
 * Stands for Node's `https`, with which `dockerfile-language-service` would ask Docker Hub for tags: a page cannot, and its request fails at once.
 *
 * @public the bundler puts it there
 */
export function get(): never {
  throw new Error("there is no https module in a browser");
}
