/** A hint as Docker's client prints it, set off by a mark: in colour and italics on a terminal. */
export function formatNote(text: string, isTerminal: boolean): string {
  const indent = " ".repeat(isTerminal ? "i Info → ".length : PLAIN.length);
  const lines = text.split("\n").map((line) => (isTerminal ? styled(line) : line));
  return `\n${isTerminal ? FANCY : PLAIN}${lines.join(`\n${indent}`)}\n`;
}

/** In italics, the one flag that notes are about in bold. */
function styled(line: string): string {
  return `\u001b[3m${line.replaceAll("--platform", "\u001b[1m--platform\u001b[0m")}\u001b[0m`;
}

const PLAIN = " Info -> ";
const FANCY = "\u001b[1m\u001b[106m\u001b[30mi\u001b[0m\u001b[0m \u001b[96mInfo → \u001b[0m\u001b[0m";
