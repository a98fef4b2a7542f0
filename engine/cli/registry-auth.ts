/** Credentials on their way to the engine. */
import { encodeBase64 } from "../base/base64.ts";
import { encodeUtf8 } from "../base/streams.ts";
import { ConfigFile, type Credentials, INDEX_SERVER } from "./config-file.ts";
import type { Invocation } from "./command.ts";
import type { ImageName } from "./image-name.ts";

/** The `X-Registry-Auth` header for that image's registry: the user's stored credentials, or none. */
export async function registryAuth(
  { context, configDirectory }: Pick<Invocation, "context" | "configDirectory">,
  { canonical }: Pick<ImageName, "canonical">,
): Promise<Readonly<Record<string, string>>> {
  const host = canonical.split("/", 1)[0] as string;
  const server = host === "docker.io" ? INDEX_SERVER : host;
  const config = await ConfigFile.open(context, configDirectory);
  const credentials = config.credentials(server);
  return { "x-registry-auth": encodeAuth(credentials && authConfig(server, credentials)) };
}

/** Docker's `AuthConfig`. */
export function authConfig(serverAddress: string, credentials: Credentials): Readonly<Record<string, string>> {
  const { username, password, identityToken } = credentials;
  return {
    ...(username && { username }),
    ...(password && { password }),
    serveraddress: serverAddress,
    ...(identityToken && { identitytoken: identityToken }),
  };
}

function encodeAuth(config: object = {}): string {
  const text = encodeBase64(encodeUtf8(JSON.stringify(config)));
  return text.replaceAll("+", "-").replaceAll("/", "_");
}
