/** Every link that is built, by name. */
import type { Link } from "./link.ts";
import { native } from "./native/index.ts";

export const links: ReadonlyMap<string, Link> = new Map([native].map((link) => [link.name, link]));
