import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FlagError, parseArguments } from "./args.ts";
import { defineFlags } from "./flags/flag.ts";

const FLAGS = defineFlags(`
-a, --all | Everything
-e, --env list | Variables
-m, --memory bytes | Limit
-n, --last int | Some (default -1)
    --name string | A name
    --rm | Remove
    --sig-proxy | Pass signals on (default true)
    --pull string | When (default "missing")
! --old string => name |
!! --older string => name |
`);

const parse = (argv: readonly string[], interspersed = true): ReturnType<typeof parseArguments> =>
  parseArguments(FLAGS, argv, { interspersed });

describe("parseArguments", () => {
  it.each<[string[], object]>([
    [["-a"], { all: true }],
    [["-a=false"], { all: false }],
    [["--all=0"], { all: false }],
    [["--rm=T", "-a"], { rm: true, all: true }],
    [["--name", "x"], { name: "x" }],
    [["--name=x"], { name: "x" }],
    [["--name="], { name: "" }],
    [["-e", "A=1", "-eB=2", "-e=C=3", "--env=D=4"], { env: ["A=1", "B=2", "C=3", "D=4"] }],
    [["-ae", "A=1"], { all: true, env: ["A=1"] }],
    [["-m64m"], { memory: "67108864" }],
    [["-n", "-3"], { last: "-3" }],
    [["--last", "0x10"], { last: "16" }],
    [["--old", "x"], { name: "x" }],
    [[], { pull: "missing", "sig-proxy": true, last: "-1", all: false }],
  ])("reads %o", (argv, expected) => {
    const { flags, rest } = parse(argv);
    expect(rest).toEqual([]);
    for (const [name, value] of Object.entries(expected)) {
      const actual =
        typeof value === "boolean" ? flags.boolean(name) : Array.isArray(value) ? flags.list(name) : flags.string(name);
      expect(actual).toEqual(value);
    }
  });

  it.each([
    [["x", "-a", "y"], true, ["x", "y"], true],
    [["x", "-a", "y"], false, ["x", "-a", "y"], false],
    [["-a", "--", "-x", "--", "y"], true, ["-x", "--", "y"], true],
    [["-", "-a"], true, ["-"], true],
    [["", "-a"], true, [""], true],
  ])("with %o, flags anywhere: %s, leaves %o", (argv, interspersed, rest, all) => {
    const parsed = parse(argv, interspersed);
    expect(parsed.rest).toEqual(rest);
    expect(parsed.flags.boolean("all")).toBe(all);
  });

  it.each([
    [["--nope"], "unknown flag: --nope"],
    [["--nope=1"], "unknown flag: --nope"],
    [["-x"], "unknown shorthand flag: 'x' in -x"],
    [["-axe"], "unknown shorthand flag: 'x' in -xe"],
    [["--name"], "flag needs an argument: --name"],
    [["-e"], "flag needs an argument: 'e' in -e"],
    [["-ae"], "flag needs an argument: 'e' in -e"],
    [["---a"], "bad flag syntax: ---a"],
    [["--=a"], "bad flag syntax: --=a"],
    [["-m", "1x"], 'invalid argument "1x" for "-m, --memory" flag: invalid suffix: \'x\''],
    [["--rm=maybe"], 'invalid argument "maybe" for "--rm" flag: strconv.ParseBool: parsing "maybe": invalid syntax'],
    [
      ["--last=9999999999999999999"],
      'invalid argument "9999999999999999999" for "-n, --last" flag: strconv.ParseInt: parsing "9999999999999999999": value out of range',
    ],
  ])("refuses %o", (argv, message) => {
    expect(() => parse(argv)).toThrow(new FlagError(message));
  });

  it("takes help for an order, and remarks on what is deprecated", () => {
    expect(parse(["--help"]).help).toBe("long");
    expect(parse(["-h"])).toMatchObject({
      help: "short",
      notices: ["Flag shorthand -h has been deprecated, use --help"],
    });
    expect(parse(["--older", "x"]).notices).toEqual(["Flag --older has been deprecated, use --name instead"]);
  });

  it("never loses a word, whatever the order", () => {
    const word = fc.string({ minLength: 1 }).filter((text) => !text.startsWith("-"));
    const item = fc.oneof(
      word.map((text) => ({ argv: [text], rest: [text], env: [] as string[] })),
      word.map((text) => ({ argv: ["-e", text], rest: [] as string[], env: [text] })),
      word.map((text) => ({ argv: [`--env=${text}`], rest: [] as string[], env: [text] })),
      fc.constant({ argv: ["-a"], rest: [] as string[], env: [] as string[] }),
    );
    fc.assert(
      fc.property(fc.array(item), fc.array(fc.string()), (items, tail) => {
        const { flags, rest } = parse([...items.flatMap(({ argv }) => argv), "--", ...tail]);
        expect(rest).toEqual([...items.flatMap((one) => one.rest), ...tail]);
        expect(flags.list("env")).toEqual(items.flatMap(({ env }) => env));
      }),
    );
  });

  it("either understands or says what is wrong, whatever is written", () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.boolean(), (argv, interspersed) => {
        try {
          expect(parse(argv, interspersed).rest.every((text) => argv.includes(text))).toBe(true);
        } catch (error) {
          expect((error as Error).name).toBe("FlagError");
        }
      }),
    );
  });
});
