import type { Instruction } from "./dockerfile.ts";

/**
 * The words of an instruction in which variables are replaced, each by one word, in BuildKit's order (`Expand` in `instructions/commands.go`).
 * Not among them: here-documents (see `expandHeredoc`), values of `RUN --mount` (see `parseRunMount`), ports of `EXPOSE`
 * (several words each, see `expandWords`) and the defaults of `ARG`, which the build's own values may replace.
 */
export function expandedWords(instruction: Instruction): readonly string[] {
  switch (instruction.name) {
    case "ENV":
    case "LABEL":
      return instruction.pairs.flatMap(({ name, value }) => [name, value]);
    case "COPY":
    case "ADD":
      return [
        instruction.chown ?? "",
        instruction.chmod ?? "",
        instruction.checksum ?? "",
        ...instruction.sources,
        instruction.destination,
      ];
    case "WORKDIR":
      return [instruction.path];
    case "USER":
      return [instruction.user];
    case "VOLUME":
      return instruction.paths;
    case "STOPSIGNAL":
      return [instruction.signal];
    default:
      return [];
  }
}
