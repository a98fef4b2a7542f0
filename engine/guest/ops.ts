/** Operations that the agent runs in the guest, nearly one system call each. See `kernel-image/agent/PROTOCOL.md`. */
export type Op =
  | { readonly op: "mkdir"; readonly path: string; readonly mode?: number; readonly parents?: boolean }
  | {
      readonly op: "mount";
      readonly source: string;
      readonly target: string;
      readonly type: string;
      readonly flags?: number;
      readonly data?: string;
    }
  | { readonly op: "umount"; readonly target: string; readonly flags?: number }
  | {
      readonly op: "write";
      readonly path: string;
      readonly data: Uint8Array | string;
      readonly flags?: number;
      readonly mode?: number;
    }
  | { readonly op: "read"; readonly path: string; readonly optional?: boolean }
  | { readonly op: "symlink"; readonly target: string; readonly path: string }
  | {
      readonly op: "mknod";
      readonly path: string;
      readonly mode: number;
      readonly major: number;
      readonly minor: number;
    }
  | { readonly op: "chmod"; readonly path: string; readonly mode: number }
  | { readonly op: "chown"; readonly path: string; readonly uid: number; readonly gid: number }
  | { readonly op: "unlink"; readonly path: string }
  | { readonly op: "remove"; readonly path: string }
  | { readonly op: "rmdir"; readonly path: string }
  | { readonly op: "rename"; readonly from: string; readonly to: string }
  | { readonly op: "pivot-root"; readonly path: string }
  | { readonly op: "chdir"; readonly path: string; readonly create?: boolean }
  | { readonly op: "hostname"; readonly name: string }
  | { readonly op: "domainname"; readonly name: string }
  | { readonly op: "rlimit"; readonly resource: number; readonly soft: bigint; readonly hard: bigint }
  | { readonly op: "user"; readonly uid: number; readonly gid: number; readonly groups: readonly number[] }
  | {
      readonly op: "caps";
      readonly bounding: bigint;
      readonly effective: bigint;
      readonly permitted: bigint;
      readonly inheritable: bigint;
      readonly ambient: bigint;
    }
  | { readonly op: "prctl"; readonly option: number; readonly args?: readonly number[] }
  | { readonly op: "seccomp"; readonly flags?: number; readonly filter: Uint8Array }
  | { readonly op: "unshare"; readonly flags: number }
  | { readonly op: "setns"; readonly path: string; readonly flags: number }
  | {
      readonly op: "netlink";
      readonly protocol: number;
      readonly netns?: "current" | "child" | number;
      readonly messages: Uint8Array;
      readonly pidOffsets?: readonly number[];
      readonly optional?: boolean;
    }
  | { readonly op: "tty" }
  | { readonly op: "exec"; readonly argv: readonly string[]; readonly env: readonly string[]; readonly path?: string }
  | { readonly op: "open-tree"; readonly slot: number; readonly path: string; readonly recursive?: boolean }
  | {
      readonly op: "move-mount";
      readonly slot: number;
      readonly target: string;
      readonly attributes?: number;
      readonly recursive?: boolean;
      readonly propagation?: number;
    }
  | { readonly op: "mask"; readonly path: string }
  | { readonly op: "readonly"; readonly path: string }
  | { readonly op: "stat"; readonly path: string; readonly follow?: boolean }
  | { readonly op: "readdir"; readonly path: string }
  | { readonly op: "statfs"; readonly path: string }
  | { readonly op: "device-program"; readonly cgroup: string; readonly program: Uint8Array }
  | { readonly op: "readlink"; readonly path: string }
  | { readonly op: "umask"; readonly mask: number }
  | { readonly op: "sync" }
  | {
      readonly op: "listen";
      readonly netns?: "current" | "child" | number;
      /** Of {@link Guest.reserveListener}. */
      readonly listener: number;
      readonly family: "tcp" | "udp";
      readonly address: string;
      readonly port: number;
    }
  | { readonly op: "unlisten"; readonly listener: number };
