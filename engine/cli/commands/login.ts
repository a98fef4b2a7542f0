import { messageOf } from "../../base/errors.ts";
import { collectText } from "../../base/streams.ts";
import { ApiError } from "../client.ts";
import { between, type Command, CommandError, type Invocation } from "../command.ts";
import { ConfigFile, type Credentials, hostnameOf, INDEX_SERVER } from "../config-file.ts";
import { defineFlags } from "../flags/flag.ts";
import { formatNote } from "../format/note.ts";
import { LineInput } from "../line-input.ts";
import { complain, print, say } from "../output.ts";
import { authConfig } from "../registry-auth.ts";

export const loginCommand: Command = {
  name: "login",
  synopsis: "[OPTIONS] [SERVER]",
  short: "Authenticate to a registry",
  long: "Authenticate to a registry.\nDefaults to Docker Hub if no server is specified.",
  flags: defineFlags(`
-p, --password string | Password or Personal Access Token (PAT)
    --password-stdin | Take the Password or Personal Access Token (PAT) from stdin
-u, --username string | Username
`),
  takes: between(0, 1),
  run: login,
};

/** What is known of the user before the registry is asked. */
interface Attempt {
  readonly server: string;
  readonly username: string;
  readonly password: string;
}

async function login(invocation: Invocation): Promise<number> {
  const { context, flags, arguments: words, configDirectory } = invocation;
  checkFlags(invocation);
  const password = await givenPassword(invocation);
  const username = flags.string("username");
  const address = words[0] ?? "";
  const server = address === "" || address === "docker.io" ? INDEX_SERVER : hostnameOf(address);
  const config = await ConfigFile.open(context, configDirectory);
  const stored = username === "" && password === "" ? config.credentials(server) : undefined;
  const status =
    (stored?.password ? await withStored(invocation, config, server, stored) : undefined) ??
    (await withGiven(
      invocation,
      config,
      {
        server,
        username: username.trim(),
        password: password.trim(),
      },
      stored?.username ?? "",
    ));
  if (status !== "") await say(context, status);
  return 0;
}

function checkFlags({ flags }: Invocation): void {
  if (flags.has("password-stdin")) {
    if (flags.has("password"))
      throw new CommandError("conflicting options: cannot specify both --password and --password-stdin");
    if (!flags.has("username")) throw new CommandError("the --password-stdin option requires --username to be set");
  }
  for (const name of ["username", "password"])
    if (flags.has(name) && flags.string(name) === "") throw new CommandError(`${name} is empty`);
}

async function givenPassword({ context, flags }: Invocation): Promise<string> {
  const password = flags.string("password");
  if (password !== "")
    await complain(context, "WARNING! Using --password via the CLI is insecure. Use --password-stdin.");
  if (!flags.boolean("password-stdin")) return password;
  return (await collectText(context.stdin.stream(), 1 << 20)).replace(/\n$/, "").replace(/\r$/, "");
}

/** Undefined when the registry does not take them any more: then the user is asked. */
async function withStored(
  invocation: Invocation,
  config: ConfigFile,
  server: string,
  credentials: Credentials,
): Promise<string | undefined> {
  const { context } = invocation;
  const hint = "To login with a different account, run 'docker logout' followed by 'docker login'";
  await complain(
    context,
    `Authenticating with existing credentials... [Username: ${credentials.username}]\n${formatNote(hint, context.stderr.isTerminal)}\n`,
  );
  try {
    return await authenticate(invocation, config, server, credentials);
  } catch (error) {
    const isRefused = error instanceof ApiError && error.status === 401;
    await complain(
      context,
      isRefused ? "Stored credentials invalid or expired" : `Login did not succeed, error: ${messageOf(error)}`,
    );
    return undefined;
  }
}

async function withGiven(
  invocation: Invocation,
  config: ConfigFile,
  attempt: Attempt,
  lastUsername: string,
): Promise<string> {
  const { context } = invocation;
  const isComplete = attempt.username !== "" && attempt.password !== "";
  if (!isComplete && !context.stdin.isTerminal)
    throw new CommandError("Error: Cannot perform an interactive login from a non TTY device");
  // Docker Hub's login in a browser cannot be begun from here: then Docker's client goes on like this, too.
  if (attempt.server === INDEX_SERVER && attempt.username === "" && attempt.password === "")
    await complain(context, "Failed to start web-based login - falling back to command line login...\n");
  const credentials = isComplete ? attempt : await askFor(invocation, attempt, lastUsername);
  return await authenticate(invocation, config, attempt.server, {
    username: credentials.username,
    password: credentials.password,
  });
}

const REGISTER_HINT =
  "Log in with your Docker ID or email address to push and pull images from Docker Hub. " +
  "If you don't have a Docker ID, head over to https://hub.docker.com/ to create one.";
const TOKEN_HINT =
  "You can log in with your password or a Personal Access Token (PAT). Using a limited-scope PAT grants better security and is required " +
  "for organizations using SSO. Learn more at https://docs.docker.com/go/access-tokens/";

async function askFor(
  { context }: Invocation,
  { server, ...given }: Attempt,
  lastUsername: string,
): Promise<Credentials> {
  const input = new LineInput(context);
  let { username, password } = given;
  if (username === "") {
    if (server === INDEX_SERVER) await print(context.stdout, `${REGISTER_HINT}\n${TOKEN_HINT}\n\n`);
    await print(context.stdout, lastUsername === "" ? "Username: " : `Username (${lastUsername}): `);
    username = (await input.readLine()).trim() || lastUsername;
    if (username === "") throw new CommandError("Error: Non-null Username Required");
  }
  if (password === "") {
    if (server === INDEX_SERVER) {
      const isTerminal = context.stderr.isTerminal;
      const page = "\u001b[4mhttps://app.docker.com/settings\u001b[0m";
      const hint = `A Personal Access Token (PAT) can be used instead.\nTo create a PAT, visit ${page}\n\n`;
      await print(context.stderr, formatNote(hint, isTerminal));
    }
    await print(context.stdout, "Password: ");
    password = (await input.readSecret()).trim();
    await print(context.stdout, "\n");
    if (password === "") throw new CommandError("Error: Password Required");
  }
  return { username, password };
}

/** Asks the registry, and keeps what it took. @returns what the engine says: `Login Succeeded` */
async function authenticate(
  { client, context }: Invocation,
  config: ConfigFile,
  server: string,
  credentials: Credentials,
): Promise<string> {
  const { Status, IdentityToken = "" } = await client.json<{
    readonly Status: string;
    readonly IdentityToken?: string;
  }>({
    method: "POST",
    path: "/auth",
    json: authConfig(server, credentials),
  });
  const kept = IdentityToken === "" ? credentials : { ...credentials, password: "", identityToken: IdentityToken };
  const isNew = await config.store(server, kept).catch((cause: unknown) => {
    throw new CommandError(`Error saving credentials: ${messageOf(cause)}`, 1, { cause });
  });
  if (isNew && kept.password !== "") {
    const advice =
      "Configure a credential helper to remove this warning. See\nhttps://docs.docker.com/go/credential-store/";
    await complain(context, `\nWARNING! Your credentials are stored unencrypted in '${config.path}'.\n${advice}\n`);
  }
  return Status;
}
