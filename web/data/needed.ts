/** The youngest things the page relies on, by what a browser would have to be told. */
const NEEDED: readonly (readonly [name: string, isThere: () => boolean])[] = [
  ["workers", () => typeof Worker === "function"],
  ["Promise.withResolvers", () => "withResolvers" in Promise],
  ["Array.prototype.toSorted", () => "toSorted" in Array.prototype],
  ["private elements (attachShadow)", () => "attachShadow" in Element.prototype],
  ["CSS light-dark()", () => CSS.supports("color", "light-dark(#000, #fff)")],
];

/** What this browser lacks, if anything. */
export function lacking(): string | undefined {
  return NEEDED.find(([, isThere]) => !isThere())?.[0];
}
