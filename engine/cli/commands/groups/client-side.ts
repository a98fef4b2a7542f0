/** Groups whose commands do their work in the client, or need what this engine does not offer. */
import { askingCommands } from "./asking.ts";

const REGISTRIES = ": not supported, this docker reaches registries only through its engine";
const TRUST = ": not supported, there is no trust server to ask";

export const CHECKPOINT_COMMANDS = askingCommands(
  "checkpoint",
  `
create [OPTIONS] CONTAINER CHECKPOINT | Create a checkpoint from a running container
      --checkpoint-dir string | Use a custom checkpoint storage directory
      --leave-running | Leave the container running after checkpoint
ls [OPTIONS] CONTAINER | List checkpoints for a container
  = list
      --checkpoint-dir string | Use a custom checkpoint storage directory
rm [OPTIONS] CONTAINER CHECKPOINT | Remove a checkpoint
  = remove
      --checkpoint-dir string | Use a custom checkpoint storage directory
`,
);

export const MANIFEST_COMMANDS = askingCommands(
  "manifest",
  `
annotate [OPTIONS] MANIFEST_LIST MANIFEST | Add additional information to a local image manifest
      --arch string | Set architecture
      --os string | Set operating system
      --os-features strings | Set operating system feature
      --os-version string | Set operating system version
      --variant string | Set architecture variant
create MANIFEST_LIST MANIFEST [MANIFEST...] | Create a local manifest list for annotating and pushing to a registry
  -a, --amend | Amend an existing manifest list
      --insecure | Allow communication with an insecure registry
inspect [OPTIONS] [MANIFEST_LIST] MANIFEST | Display an image manifest, or manifest list
      --insecure | Allow communication with an insecure registry
  -v, --verbose | Output additional info including layers and platform
push [OPTIONS] MANIFEST_LIST | Push a manifest list to a repository
      --insecure | Allow push to an insecure registry
  -p, --purge | Remove the local manifest list after push
rm MANIFEST_LIST [MANIFEST_LIST...] | Delete one or more manifest lists from local storage
`,
  REGISTRIES,
);

export const TRUST_COMMANDS = askingCommands(
  "trust",
  `
inspect IMAGE[:TAG] [IMAGE[:TAG]...] | Return low-level information about keys and signatures
      --pretty | Print the information in a human friendly format
revoke [OPTIONS] IMAGE[:TAG] | Remove trust for an image
  -y, --yes | Do not prompt for confirmation
sign IMAGE:TAG | Sign an image
      --local | Sign a locally tagged image
`,
  TRUST,
);

export const TRUST_KEY_COMMANDS = askingCommands(
  "trust key",
  `
generate NAME | Generate and load a signing key-pair
      --dir string | Directory to generate key in, defaults to current directory
load [OPTIONS] KEYFILE | Load a private key file for signing
      --name string | Name for the loaded key (default "signer")
`,
  TRUST,
);

export const TRUST_SIGNER_COMMANDS = askingCommands(
  "trust signer",
  `
add OPTIONS NAME REPOSITORY [REPOSITORY...] | Add a signer
      --key list | Path to the signer's public key file
remove [OPTIONS] NAME REPOSITORY [REPOSITORY...] | Remove a signer
  -f, --force | Do not prompt for confirmation before removing the most recent signer
`,
  TRUST,
);
