/** What a key chord of the page asks for. */
export type Chord = "new" | "close" | "previous" | "next";

const CHORDS: Readonly<Record<string, Chord>> = {
  KeyT: "new",
  KeyW: "close",
  ArrowLeft: "previous",
  ArrowRight: "next",
};

/** Alt+Shift with a letter or arrow: browsers and shells leave these free (Ctrl+Shift+T reopens a browser's own tab). */
export function chordOf(event: KeyboardEvent): Chord | undefined {
  if (!event.altKey || !event.shiftKey || event.ctrlKey || event.metaKey) return undefined;
  return CHORDS[event.code];
}
