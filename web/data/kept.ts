/** What this browser keeps for the page under a name. `localStorage` throws where a browser forbids it. */
export function load(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Keeps a value, or for this visit only where that is forbidden. */
export function save(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Chosen for this visit only.
  }
}
