/** Which engines are in this build; the bundler replaces it. Production has the real one, tests of the page the fake, `vite dev` both. */
declare const __DRYDOCK_ENGINES__: "real" | "fake" | "both";

/** What `web/vite/artifacts-plugin.ts` found under `public/guest` when the page was built. */
declare module "virtual:drydock-artifacts" {
  import type { ArtifactTable } from "./data/artifacts.ts";
  export const artifacts: ArtifactTable;
}

/** The engine is written against the worker library; the page's own has everything of it that the engine's files name. */
interface WorkerNavigator extends NavigatorStorage, NavigatorLocks {}
