import { describe, expect, it } from "vitest";
import { createId } from "./container-id.ts";
import { checkName, generateName } from "./container-names.ts";
import { CREATED_STATE, isActive, isRunning, transition } from "./container-state.ts";
import { ADJECTIVES, SURNAMES } from "./name-words.ts";

describe("a container's state", () => {
  it("goes from created to running to exited, and around again", () => {
    const running = transition(CREATED_STATE, "start", { pid: 7 });
    expect(running).toMatchObject({ status: "running", pid: 7 });
    const exited = transition(running, "exit", { exitCode: 3, pid: 0 });
    expect(exited).toMatchObject({ status: "exited", exitCode: 3 });
    expect(transition(exited, "start").status).toBe("running");
  });

  it("refuses what the table does not have", () => {
    expect(() => transition(CREATED_STATE, "exit")).toThrow("cannot exit a container that is created");
    expect(() => transition(transition(CREATED_STATE, "start"), "remove")).toThrow(
      "cannot remove a container that is running",
    );
  });

  it("counts pausing as running and waiting for a restart as active", () => {
    const paused = transition(transition(CREATED_STATE, "start"), "pause");
    expect([isRunning(paused), isActive(paused)]).toEqual([true, true]);
    const waiting = transition(transition(CREATED_STATE, "start"), "await-restart");
    expect([isRunning(waiting), isActive(waiting)]).toEqual([false, true]);
    expect(transition(waiting, "give-up-restart").status).toBe("exited");
  });
});

describe("an id", () => {
  it("has 64 hex digits, of which the first twelve are no number", () => {
    const attempts = [new Uint8Array(32).fill(0x11), new Uint8Array(32).fill(0xab)];
    expect(createId((into) => into.set(attempts.shift() as Uint8Array))).toBe("ab".repeat(32));
    expect(createId()).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe("a generated name", () => {
  const zeros = (into: Uint8Array): void => void into.fill(0);

  it("is an adjective and a surname, without a digit at the first attempt", () => {
    expect(generateName(zeros, () => false, "x")).toBe(`${ADJECTIVES[0]}_${SURNAMES[0]}`);
    const first = `${ADJECTIVES[0]}_${SURNAMES[0]}`;
    expect(generateName(zeros, (name) => name === first, "x")).toBe(`${first}0`);
    expect(generateName(zeros, () => true, "0123456789ab")).toBe("0123456789ab");
  });

  it("is never boring_wozniak", () => {
    const attempts = [
      [0, ADJECTIVES.indexOf("boring"), 0, SURNAMES.indexOf("wozniak"), 0],
      [0, 1, 0, 1, 0],
    ];
    expect(attempts[0]).not.toContain(-1);
    const name = generateName(
      (into) => into.set(attempts.shift() as number[]),
      () => false,
      "x",
    );
    expect(name).toBe(`${ADJECTIVES[1]}_${SURNAMES[1]}0`);
  });

  it("is made of words that are names themselves, each once", () => {
    for (const words of [ADJECTIVES, SURNAMES]) {
      expect(new Set(words).size).toBe(words.length);
      expect(words.filter((word) => !/^[a-z]+$/.test(word))).toEqual([]);
    }
    expect(ADJECTIVES.length * SURNAMES.length).toBeGreaterThan(20_000);
  });
});

describe("a chosen name", () => {
  it("keeps to Docker's rules", () => {
    expect(checkName("web_1.a-b")).toBe("web_1.a-b");
    for (const name of ["a", "-web", "a/b", "b@d", ""])
      expect(() => checkName(name)).toThrow(
        `Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`,
      );
  });
});
