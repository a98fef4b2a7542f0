import type { CommandRun } from "../../engine/index.ts";

/** A command line of the fake engine: `echo`, `cat`, `exit` and `sleep <seconds>`, joined by `;`. */
export function runToyCommand(line: string, read: (path: string) => Uint8Array | undefined): CommandRun {
  const { promise: killed, resolve: kill } = Promise.withResolvers<number>();
  let finish: (code: number) => void = () => undefined;
  const exited = new Promise<{ readonly code: number }>((resolve) => (finish = (code) => resolve({ code })));
  const output = new ReadableStream<Uint8Array>({
    async start(controller) {
      const say = (text: string | Uint8Array): void =>
        controller.enqueue(typeof text === "string" ? new TextEncoder().encode(text) : text);
      const run = async (): Promise<number> => {
        let code = 0;
        for (const part of line.split(";").map((each) => each.trim())) {
          const [name = "", ...words] = part.split(/\s+/);
          const rest = words.join(" ");
          if (name === "exit") return Number(rest);
          if (name === "sleep") await new Promise((resolve) => setTimeout(resolve, Number(rest) * 1000));
          else if (name === "echo") say(`${rest}\n`);
          else if (name === "cat") say(read(rest) ?? `cat: ${rest}: No such file or directory\n`);
          else say(`bash: ${name}: command not found\n`);
          code = ["echo", "cat", "sleep"].includes(name) ? 0 : 127;
        }
        return code;
      };
      finish(await Promise.race([run(), killed]));
      controller.close();
    },
  });
  return { output, exited, kill: async () => kill(137) };
}
