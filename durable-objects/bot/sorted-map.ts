/**
 * A sorted map as a value: a change leaves the map it was made from as it was, and shares with it all but a few nodes. A treap
 * whose ranks are hashes of its keys, so that the same keys make the same tree. It knows nothing of what it holds.
 * @see https://en.wikipedia.org/wiki/Treap
 */
import { hash32 } from "../../src/core/hash.ts";

interface Node<Value> {
  readonly key: string;
  readonly value: Value;
  readonly rank: number;
  readonly left: Sorted<Value>;
  readonly right: Sorted<Value>;
}

export type Sorted<Value> = Node<Value> | undefined;

export function find<Value>(tree: Sorted<Value>, key: string): Value | undefined {
  let node = tree;
  while (node !== undefined && node.key !== key) node = key < node.key ? node.left : node.right;
  return node?.value;
}

export function put<Value>(tree: Sorted<Value>, key: string, value: Value): Node<Value> {
  if (tree === undefined) return { key, value, rank: hash32(key), left: undefined, right: undefined };
  if (key === tree.key) return { ...tree, value };
  if (key < tree.key) {
    const left = put(tree.left, key, value);
    return left.rank > tree.rank ? { ...left, right: { ...tree, left: left.right } } : { ...tree, left };
  }
  const right = put(tree.right, key, value);
  return right.rank > tree.rank ? { ...right, left: { ...tree, right: right.left } } : { ...tree, right };
}

export function drop<Value>(tree: Sorted<Value>, key: string): Sorted<Value> {
  if (tree === undefined) return undefined;
  if (key === tree.key) return joined(tree.left, tree.right);
  return key < tree.key ? { ...tree, left: drop(tree.left, key) } : { ...tree, right: drop(tree.right, key) };
}

function joined<Value>(left: Sorted<Value>, right: Sorted<Value>): Sorted<Value> {
  if (left === undefined) return right;
  if (right === undefined) return left;
  return left.rank > right.rank ? { ...left, right: joined(left.right, right) } : { ...right, left: joined(left, right.left) };
}

/** In order, from this key on. Whoever stops early has not paid for the rest. */
export function* from<Value>(tree: Sorted<Value>, first = ""): Generator<readonly [string, Value], undefined> {
  const path: Node<Value>[] = [];
  let node = tree;
  while (node !== undefined || path.length > 0) {
    for (; node !== undefined; node = node.key < first ? node.right : node.left) if (node.key >= first) path.push(node);
    const next = path.pop();
    if (next === undefined) return;
    yield [next.key, next.value];
    node = next.right;
  }
}
