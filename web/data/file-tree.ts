import type { TreeRow } from "../elements/tree/tree.ts";

/** An entry of a list of files. */
export interface TreeEntry {
  /** Without a leading slash. */
  readonly path: string;
  readonly kind: "file" | "directory" | "link" | "other";
}

/** A name in a directory. */
export interface TreeNode<T extends TreeEntry> {
  readonly path: string;
  readonly name: string;
  readonly isDirectory: boolean;
  /** Undefined for a directory that is only known from what lies in it. */
  entry: T | undefined;
  readonly children: Map<string, TreeNode<T>>;
}

/** The directories that a list of paths describes, parents that are not listed included. */
export function buildTree<T extends TreeEntry>(entries: Iterable<T>): TreeNode<T> {
  const root: TreeNode<T> = { path: "", name: "", isDirectory: true, entry: undefined, children: new Map() };
  for (const entry of entries) {
    const names = entry.path.split("/").filter((name) => name !== "");
    let node = root;
    for (const [index, name] of names.entries()) {
      const isLast = index === names.length - 1;
      let child = node.children.get(name);
      if (!child || (!isLast && !child.isDirectory)) {
        child = {
          path: node.path === "" ? name : `${node.path}/${name}`,
          name,
          isDirectory: !isLast || entry.kind === "directory",
          entry: undefined,
          children: new Map(),
        };
        node.children.set(name, child);
      }
      if (isLast) child.entry = entry;
      node = child;
    }
  }
  return root;
}

/** Sorted once per tree: a tree is made anew when its files have changed. */
const sorted = new WeakMap<object, readonly unknown[]>();

/** Directories first, then by name. */
function sortedChildren<T extends TreeEntry>(node: TreeNode<T>): readonly TreeNode<T>[] {
  const known = sorted.get(node) as readonly TreeNode<T>[] | undefined;
  if (known) return known;
  const children = [...node.children.values()].toSorted((a, b) =>
    a.isDirectory === b.isDirectory ? (a.name < b.name ? -1 : 1) : a.isDirectory ? -1 : 1,
  );
  sorted.set(node, children);
  return children;
}

/** The rows of a tree with some directories unfolded. A path is its row's id. */
export function treeRows<T extends TreeEntry>(
  root: TreeNode<T>,
  isExpanded: (node: TreeNode<T>) => boolean,
): readonly (TreeRow & { readonly node: TreeNode<T> })[] {
  const rows: (TreeRow & { readonly node: TreeNode<T> })[] = [];
  const visit = (parent: TreeNode<T>, level: number): void => {
    const children = sortedChildren(parent);
    for (const [index, node] of children.entries()) {
      const isOpen = node.isDirectory && isExpanded(node);
      rows.push({
        id: node.path,
        label: node.name,
        level,
        ...(node.isDirectory && { isExpanded: isOpen }),
        position: index + 1,
        siblings: children.length,
        node,
      });
      if (isOpen) visit(node, level + 1);
    }
  };
  visit(root, 1);
  return rows;
}
