/** Docker's small answers, by what they say. */

export interface WireError {
  readonly message: string;
}

export interface CreatedContainer {
  readonly Id: string;
  readonly Warnings: readonly string[];
}

export const createdContainer = (id: string, warnings: readonly string[]): CreatedContainer => ({
  Id: id,
  Warnings: warnings,
});

export interface CreatedExec {
  readonly Id: string;
}

export const createdExec = (id: string): CreatedExec => ({ Id: id });

export interface WaitResult {
  readonly StatusCode: number;
  readonly Error?: { readonly Message: string };
}

export const waitResult = (exitCode: number, error?: string): WaitResult => ({
  ...(error !== undefined && { Error: { Message: error } }),
  StatusCode: exitCode,
});

export interface UpdatedContainer {
  readonly Warnings: readonly string[] | null;
}

export const updatedContainer = (warnings: readonly string[]): UpdatedContainer => ({
  Warnings: warnings.length > 0 ? warnings : null,
});

export interface TopResult {
  readonly Processes: readonly (readonly string[])[];
  readonly Titles: readonly string[];
}

export const topResult = (titles: TopResult["Titles"], processes: TopResult["Processes"]): TopResult => ({
  Processes: processes,
  Titles: titles,
});

export interface PrunedContainers {
  readonly ContainersDeleted: readonly string[] | null;
  readonly SpaceReclaimed: number;
}

export const prunedContainers = (ids: readonly string[], bytes: number): PrunedContainers => ({
  ContainersDeleted: ids.length > 0 ? ids : null,
  SpaceReclaimed: bytes,
});

export interface PrunedImages<Deleted> {
  readonly ImagesDeleted: readonly Deleted[] | null;
  readonly SpaceReclaimed: number;
}

export const prunedImages = <Deleted>(deleted: readonly Deleted[], bytes: number): PrunedImages<Deleted> => ({
  ImagesDeleted: deleted.length > 0 ? deleted : null,
  SpaceReclaimed: bytes,
});
