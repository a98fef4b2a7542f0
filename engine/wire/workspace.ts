/** A file of the workspace; paths are relative to it. */
export interface WireWorkspaceFile {
  readonly Path: string;
  readonly Type: "file" | "directory" | "symlink" | "fifo" | "socket";
  readonly SizeBytes: number;
  readonly ModifiedMs: number;
  /** Permission bits. */
  readonly Mode: number;
  /** Of a symlink. */
  readonly Target?: string;
}

/** `GET /drydock/workspace/files`; sorted, a directory before what is in it. */
export interface WireWorkspaceFiles {
  readonly Files: readonly WireWorkspaceFile[];
  /** There are more than are listed. */
  readonly Truncated?: true;
}

/** A line of `GET /drydock/workspace/events`. A change of the path "" means: look at everything anew. */
export interface WireWorkspaceEvent {
  readonly Path: string;
  readonly Kind: "created" | "changed" | "removed" | "renamed";
  readonly Origin: "guest" | "api";
  /** Where what was renamed was before. */
  readonly From?: string;
}
