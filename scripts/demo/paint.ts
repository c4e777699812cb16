/** Colours for a terminal, and none for anything else; how wide to write. */
import { styleText } from "node:util";

export interface Paint {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly strong: (text: string) => string;
}

type Style = Parameters<typeof styleText>[0];

/** @see https://no-color.org */
export function paintFor(stream: Pick<NodeJS.WriteStream, "isTTY">, env: NodeJS.ProcessEnv): Paint {
  const isPlain = stream.isTTY !== true || (env["NO_COLOR"] ?? "") !== "" || env["TERM"] === "dumb";
  const inStyle = (style: Style) => (text: string) => (isPlain ? text : styleText(style, text, { validateStream: false }));
  return { good: inStyle("green"), bad: inStyle("red"), dim: inStyle("dim"), strong: inStyle("bold") };
}

const MAX_WIDTH = 120;
const MIN_WIDTH = 50;

/** A terminal that does not know its width says 0. */
export const widthOf = ({ columns }: { readonly columns?: number }): number =>
  Math.max(MIN_WIDTH, Math.min(MAX_WIDTH, columns === undefined || columns === 0 ? MAX_WIDTH : columns));
