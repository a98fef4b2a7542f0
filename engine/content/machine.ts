/**
 * Several tabs may share one storage. Images and layers are common to all; containers belong to one *machine*, a booted guest. A tab
 * takes the lowest machine number that no other tab holds, so a reload finds its containers again and a second tab starts clean.
 */
export interface MachineClaim extends Disposable {
  /** 1 for the first tab. */
  readonly number: number;
}

const LIMIT = 64;

/** Claims a machine of the stores that begin with `prefix` for the life of this tab (worker). Without Web Locks everybody is machine 1. */
export async function claimMachine(locks: LockManager | undefined, prefix = "drydock"): Promise<MachineClaim> {
  if (locks === undefined) return { number: 1, [Symbol.dispose]: () => undefined };
  for (let number = 1; number <= LIMIT; number++) {
    const release = await tryLock(locks, `${prefix}-machine-${number}`);
    if (release) return { number, [Symbol.dispose]: release };
  }
  throw new Error(`more than ${LIMIT} tabs of this page are open`);
}

/** Resolves with a function that releases the lock, or undefined when somebody holds it. */
function tryLock(locks: LockManager, name: string): Promise<(() => void) | undefined> {
  return new Promise((resolve, reject) => {
    locks
      .request(name, { ifAvailable: true }, (lock) => {
        if (lock === null) {
          resolve(undefined);
          return undefined;
        }
        return new Promise<void>((release) => resolve(release));
      })
      .catch(reject);
  });
}
