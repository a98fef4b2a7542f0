import { describe, expect, it } from "vitest";
import { REGISTRY } from "../testing/api-scripts.ts";
import { FakeTerminal, type FakeTerminalOptions } from "../testing/fake-terminal.ts";
import { type ApiScript, ScriptedApi } from "../testing/scripted-api.ts";

const CONFIG = "/root/.docker/config.json";

function terminal(options: FakeTerminalOptions, script: ApiScript = REGISTRY): FakeTerminal {
  return new FakeTerminal(new ScriptedApi(script).fetch, options);
}

describe("docker login", () => {
  it("writes what Docker's client writes, and keeps what else is in the file", async () => {
    const shell = terminal({ files: { [CONFIG]: '{"auths":{"z":{"auth":"eDp5"}},"psFormat":"{{.ID}}"}' } });
    await shell.docker("login", "-u", "me", "-p", "secret", "localhost:5000");
    const lines = [
      "{",
      '\t"auths": {',
      '\t\t"localhost:5000": {',
      '\t\t\t"auth": "bWU6c2VjcmV0"',
      "\t\t},",
      '\t\t"z": {',
    ];
    expect(shell.files.get(CONFIG)?.split("\n").slice(0, 6)).toEqual(lines);
    expect(JSON.parse(shell.files.get(CONFIG) ?? "")).toMatchObject({
      auths: { z: { auth: "eDp5" } },
      psFormat: "{{.ID}}",
    });
  });

  it("keeps a token in place of the password when the registry gives one", async () => {
    const shell = terminal({}, { "POST /auth": { json: { Status: "Login Succeeded", IdentityToken: "tok" } } });
    await shell.docker("login", "-u", "me", "-p", "secret", "reg.example");
    expect(JSON.parse(shell.files.get(CONFIG) ?? "")).toEqual({
      auths: { "reg.example": { auth: btoa("me:"), identitytoken: "tok" } },
    });
  });

  it("hides the password while it is typed, and shows the terminal again", async () => {
    const shell = terminal({ tty: true, stdin: "me\nwrong\u0015secret\r" });
    expect(await shell.docker("login", "localhost:5000")).toMatchObject({ exitCode: 0 });
    expect(shell.rawModes).toEqual([true, false]);
    expect(JSON.parse(shell.files.get(CONFIG) ?? "")).toEqual({
      auths: { "localhost:5000": { auth: btoa("me:secret") } },
    });
  });

  it("ends at Ctrl-C, and has kept nothing", async () => {
    const shell = terminal({ tty: true, stdin: "me\nsec\u0003" });
    expect(await shell.docker("login", "localhost:5000")).toMatchObject({ exitCode: 130 });
    expect(shell.rawModes).toEqual([true, false]);
    expect(shell.files.has(CONFIG)).toBe(false);
  });

  it("asks again when what was stored is not taken any more", async () => {
    const refused = { status: 401, json: { message: "unauthorized: incorrect username or password" } };
    const accepted = { json: { Status: "Login Succeeded", IdentityToken: "" } };
    const files = { [CONFIG]: JSON.stringify({ auths: { "localhost:5000": { auth: btoa("me:old") } } }) };
    const shell = terminal({ tty: true, stdin: "\nnew\r", files }, { "POST /auth": [refused, accepted] });
    const { exitCode, stdout, stderr } = await shell.docker("login", "localhost:5000");
    expect(stderr).toContain("Stored credentials invalid or expired\n");
    expect(stdout).toBe("Username (me): Password: \nLogin Succeeded\n");
    expect(exitCode).toBe(0);
    expect(shell.files.get(CONFIG)).toContain(btoa("me:new"));
  });

  it("goes on without a file that it cannot read", async () => {
    const { stdout, stderr } = await terminal({ files: { [CONFIG]: "{" } }).docker("push", "x");
    expect(stderr).toContain(`WARNING: Error loading config file: ${CONFIG}: `);
    expect(stdout).toContain("The push refers to repository");
  });
});

describe("docker logout", () => {
  it("removes the credentials, under whichever name they were kept", async () => {
    const auths = { "https://localhost:5000": { auth: "eDp5" }, other: { auth: "eDp5" } };
    const shell = terminal({ files: { [CONFIG]: JSON.stringify({ auths }) } });
    await shell.docker("logout", "localhost:5000");
    expect(JSON.parse(shell.files.get(CONFIG) ?? "")).toEqual({ auths: { other: { auth: "eDp5" } } });
  });
});
