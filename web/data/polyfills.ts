/** Symbols of explicit resource management, where the browser lacks them (Safari). Import it before anything that uses them. */
for (const name of ["dispose", "asyncDispose"] as const) {
  if (!(name in Symbol)) Object.defineProperty(Symbol, name, { value: Symbol(`Symbol.${name}`) });
}
