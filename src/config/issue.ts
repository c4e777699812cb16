/** One thing that is wrong with a routes document, at its place in it. */
export interface ConfigIssue {
  readonly level: "error" | "warning";
  /** Dotted, as an operator would look for it: `pools.support.instances[0]`. Empty for the whole document. */
  readonly path: string;
  readonly message: string;
}

export const pathOf = (segments: readonly PropertyKey[]): string =>
  segments.reduce<string>((path, segment) => {
    if (typeof segment === "number") return `${path}[${segment}]`;
    return path === "" ? String(segment) : `${path}.${String(segment)}`;
  }, "");
