import { cutToWidth, padToWidth, widthOf } from "./text-width.ts";

/** BuildKit shows so many lines of a running step at least. */
export const WINDOW_ROWS = 6;

const TAB = 8;
const CONTROL = /\p{Cc}/u;
/** No escape sequence is longer. */
const MAX_HELD = 256;
// oxlint-disable-next-line no-control-regex
const ESCAPE = /\u001b(?:\[([0-9;?]*)([@-~])?|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[()][A-Za-z0-9]?|[=>78MDEc])?/y;

/**
 * The last lines of what a step writes, as a terminal of this size would show them: carriage returns, backspaces and the cursor movements that
 * progress bars use are followed, colours are dropped, everything else that a terminal understands is too.
 */
export class LogWindow {
  #columns: number;
  #rows: string[][] = [[]];
  #row = 0;
  #column = 0;
  /** The beginning of an escape sequence whose end has not come. */
  #held = "";

  constructor(columns: number) {
    this.#columns = columns;
  }

  /** Lines keep what they hold; what is wider is cut when it is shown. */
  resize(columns: number): void {
    this.#columns = columns;
  }

  write(text: string): void {
    const all = this.#held + text;
    this.#held = "";
    for (let at = 0; at < all.length;) {
      const character = String.fromCodePoint(all.codePointAt(at) as number);
      if (character !== "\u001b") {
        this.#put(character);
        at += character.length;
        continue;
      }
      ESCAPE.lastIndex = at;
      const [whole = "\u001b", parameters, final] = ESCAPE.exec(all) ?? [];
      const isOpen =
        whole.length === 1 ||
        (whole[1] === "[" && final === undefined) ||
        (whole[1] === "]" && !whole.includes("\u0007"));
      if (isOpen && at + whole.length === all.length && whole.length < MAX_HELD) {
        this.#held = whole;
        return;
      }
      if (final !== undefined) this.#control(final, parameters ?? "");
      at += whole.length;
    }
  }

  /** Lines that are not blank, as wide as the window, at most `rows` of them. */
  lines(rows = WINDOW_ROWS): readonly string[] {
    return this.#rows
      .map((row) => cutToWidth(row.slice(0, this.#columns).join(""), this.#columns))
      .slice(-rows)
      .filter((line) => line.trim() !== "")
      .map((line) => padToWidth(line, this.#columns));
  }

  /** How many of them there are. */
  get usedRows(): number {
    return this.lines().length;
  }

  #put(character: string): void {
    if (character === "\n") this.#newLine();
    else if (character === "\r") this.#column = 0;
    else if (character === "\b") this.#column = Math.max(0, this.#column - 1);
    else if (character === "\t") this.#column = Math.min(this.#columns - 1, (Math.floor(this.#column / TAB) + 1) * TAB);
    else if (!CONTROL.test(character)) this.#write(character, widthOf(character));
  }

  /** A wide character takes its place and the next. */
  #write(character: string, width: number): void {
    if (width > 0 && this.#column + width > this.#columns) this.#newLine();
    const row = this.#rows[this.#row] as string[];
    while (row.length < this.#column) row.push(" ");
    if (width === 0) {
      if (this.#column > 0) row[this.#column - 1] += character;
      return;
    }
    row[this.#column] = character;
    if (width === 2) row[this.#column + 1] = "";
    this.#column += width;
  }

  #newLine(): void {
    this.#column = 0;
    this.#row += 1;
    if (this.#row >= this.#rows.length) this.#rows.push([]);
    while (this.#rows.length > WINDOW_ROWS) {
      this.#rows.shift();
      this.#row -= 1;
    }
  }

  #control(final: string, parameters: string): void {
    const [first = 0] = parameters.split(";").map(Number);
    const count = Math.max(1, first);
    if (final === "A") this.#row = Math.max(0, this.#row - count);
    else if (final === "B") this.#row = Math.min(this.#rows.length - 1, this.#row + count);
    else if (final === "C") this.#column = Math.min(this.#columns - 1, this.#column + count);
    else if (final === "D") this.#column = Math.max(0, this.#column - count);
    else if (final === "G") this.#column = Math.min(this.#columns - 1, count - 1);
    else if (final === "K") this.#eraseLine(first);
    else if (final === "J" && first >= 2) {
      this.#rows = [[]];
      this.#row = 0;
      this.#column = 0;
    }
  }

  #eraseLine(mode: number): void {
    const row = this.#rows[this.#row] as string[];
    if (mode === 0) row.length = Math.min(row.length, this.#column);
    else if (mode === 1) row.fill(" ", 0, this.#column + 1);
    else row.length = 0;
  }
}
