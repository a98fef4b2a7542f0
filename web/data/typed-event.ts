/** An event with data that leaves shadow roots: what presentational elements tell the app. */
export function typedEvent<T>(type: string, detail: T): CustomEvent<T> {
  return new CustomEvent(type, { detail, bubbles: true, composed: true });
}
