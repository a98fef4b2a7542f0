import type { RegistryCredentials } from "../images/image-service.ts";
import { parseJson, readFields } from "../wire/json.ts";
import type { EngineRequest } from "./app.ts";

/** `X-Registry-Auth`: base64url of JSON; `{}` is sent when there is nothing to say. As in Docker, a header that cannot be read is none. */
export function registryAuthOf({ headers }: EngineRequest): RegistryCredentials | undefined {
  try {
    return credentialsOf(decodeBase64Url(headers.get("x-registry-auth") ?? ""));
  } catch {
    return undefined;
  }
}

/** Docker's `AuthConfig`: a refresh token, a token as it is, or name and password. @throws EngineError for what is no JSON object */
export function credentialsOf(text: string): RegistryCredentials | undefined {
  const fields = readFields(parseJson(text));
  const identityToken = fields.string("identitytoken");
  if (identityToken !== "") return { identityToken };
  const registryToken = fields.string("registrytoken");
  if (registryToken !== "") return { registryToken };
  const username = fields.string("username");
  return username === "" ? undefined : { username, password: fields.string("password") };
}

/** @throws Error */
export function decodeBase64Url(text: string): string {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/").replace(/=+$/, ""));
  return new TextDecoder().decode(Uint8Array.from(binary, (character) => character.charCodeAt(0)));
}
