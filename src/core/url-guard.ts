/**
 * Which URLs the edge may call as an instance (SSRF). Looks at the URL only: a name that resolves to a private address is the
 * runtime's to refuse (`global_fetch_strictly_public` on Cloudflare, `network.allow` of workerd).
 */
import { type Address, type Block, blockOf, parseV4, parseV6 } from "./ip-range.ts";
import { fail, ok, type Result } from "./result.ts";

export interface UrlRules {
  /** Local edges: http, loopback, private networks and single-label names too. */
  readonly allowPrivate: boolean;
  /** Host (with port) of the edge's own public URL: calling it would be a loop. */
  readonly ownHost?: string | undefined;
}

export type UrlProblemReason = "not-a-url" | "scheme" | "userinfo" | "own-host" | "address" | "name";

export interface UrlProblem {
  readonly reason: UrlProblemReason;
  readonly detail: string;
}

interface Range extends Block {
  /** A network of one's own: fine where private addresses are. Everything else never is an instance. */
  readonly isPrivate?: true;
}

/** @see https://www.iana.org/assignments/iana-ipv4-special-registry/iana-ipv4-special-registry.xhtml */
const V4_RANGES: readonly Range[] = [
  { cidr: "0.0.0.0/8", what: "this network" },
  { cidr: "10.0.0.0/8", what: "private", isPrivate: true },
  { cidr: "100.64.0.0/10", what: "carrier-grade NAT", isPrivate: true },
  { cidr: "127.0.0.0/8", what: "loopback", isPrivate: true },
  { cidr: "169.254.0.0/16", what: "link-local" },
  { cidr: "172.16.0.0/12", what: "private", isPrivate: true },
  { cidr: "192.0.0.0/24", what: "protocol assignments" },
  { cidr: "192.0.2.0/24", what: "documentation" },
  { cidr: "192.31.196.0/24", what: "AS112" },
  { cidr: "192.52.193.0/24", what: "AMT" },
  { cidr: "192.88.99.0/24", what: "6to4 relay" },
  { cidr: "192.168.0.0/16", what: "private", isPrivate: true },
  { cidr: "192.175.48.0/24", what: "AS112" },
  { cidr: "198.18.0.0/15", what: "benchmarking" },
  { cidr: "198.51.100.0/24", what: "documentation" },
  { cidr: "203.0.113.0/24", what: "documentation" },
  /** @see https://www.iana.org/assignments/multicast-addresses/multicast-addresses.xhtml */
  { cidr: "224.0.0.0/4", what: "multicast" },
  { cidr: "240.0.0.0/4", what: "reserved" },
];

/**
 * Only 2000::/3 is global unicast, so what is not in it is refused as a whole; the named entries say why and what is private.
 * @see https://www.iana.org/assignments/iana-ipv6-special-registry/iana-ipv6-special-registry.xhtml
 */
const V6_RANGES: readonly Range[] = [
  { cidr: "::/128", what: "unspecified" },
  { cidr: "::1/128", what: "loopback", isPrivate: true },
  { cidr: "::ffff:0:0/96", what: "IPv4-mapped" },
  { cidr: "64:ff9b::/96", what: "NAT64" },
  { cidr: "64:ff9b:1::/48", what: "local NAT64" },
  { cidr: "2001::/23", what: "protocol assignments, Teredo, ORCHID" },
  { cidr: "2001:db8::/32", what: "documentation" },
  { cidr: "2002::/16", what: "6to4" },
  { cidr: "2620:4f:8000::/48", what: "AS112" },
  { cidr: "3fff::/20", what: "documentation" },
  { cidr: "fc00::/7", what: "unique local", isPrivate: true },
  { cidr: "fe80::/10", what: "link-local" },
  { cidr: "ff00::/8", what: "multicast" },
];
/** @see https://www.iana.org/assignments/ipv6-address-space/ipv6-address-space.xhtml */
const V6_GLOBAL: readonly Block[] = [{ cidr: "2000::/3", what: "global unicast" }];

/** Names that never mean a public host. @see https://www.iana.org/assignments/special-use-domain-names/special-use-domain-names.xhtml */
const PRIVATE_SUFFIXES = [".localhost", ".local", ".internal", ".home.arpa", ".onion"];

/** The parsed URL, when an instance may live there. */
export function checkInstanceUrl(text: string, rules: UrlRules): Result<URL, UrlProblem> {
  const url = URL.parse(text);
  if (url === null) return refuse("not-a-url", "not a URL");
  if (url.protocol !== "https:" && !(rules.allowPrivate && url.protocol === "http:")) return refuse("scheme", `scheme ${url.protocol}`);
  if (url.username !== "" || url.password !== "") return refuse("userinfo", "user name or password in the URL");
  if (isOwnHost(url, rules)) return refuse("own-host", "the edge's own host");
  const problem = problemOfHost(url.hostname.replace(/\.$/, ""), rules);
  return problem === undefined ? ok(url) : fail(problem);
}

/** Where ports tell local things apart they count; on the public internet the whole host is ours. */
function isOwnHost(url: URL, rules: UrlRules): boolean {
  if (rules.ownHost === undefined || rules.ownHost === "") return false;
  const own = URL.parse(`${url.protocol}//${rules.ownHost}`);
  const bare = (host: string) => host.replace(/\.$/, "");
  if (own === null || bare(own.hostname) !== bare(url.hostname)) return false;
  return !rules.allowPrivate || own.port === url.port;
}

function problemOfHost(host: string, rules: UrlRules): UrlProblem | undefined {
  const v4 = parseV4(host);
  if (v4 !== undefined) return problemOfAddress(v4, V4_RANGES, rules);
  if (host.startsWith("[")) return problemOfV6(parseV6(host.slice(1, -1)), rules);
  if (rules.allowPrivate) return host === "" ? nameProblem("no host") : undefined;
  if (!host.includes(".")) return nameProblem(`single-label name ${host}`);
  const suffix = PRIVATE_SUFFIXES.find((ending) => host.endsWith(ending));
  return suffix === undefined ? undefined : nameProblem(`a name under ${suffix}`);
}

function problemOfV6(address: Address | undefined, rules: UrlRules): UrlProblem | undefined {
  if (address === undefined) return nameProblem("unreadable IPv6 address");
  const named = blockOf(address, V6_RANGES);
  if (named === undefined && blockOf(address, V6_GLOBAL) === undefined) return { reason: "address", detail: "not a global address" };
  return problemOfAddress(address, V6_RANGES, rules);
}

function problemOfAddress(address: Address, ranges: readonly Range[], rules: UrlRules): UrlProblem | undefined {
  const range = blockOf(address, ranges);
  if (range === undefined || (range.isPrivate === true && rules.allowPrivate)) return undefined;
  return { reason: "address", detail: `${range.what} address (${range.cidr})` };
}

const nameProblem = (detail: string): UrlProblem => ({ reason: "name", detail });
const refuse = (reason: UrlProblemReason, detail: string) => fail({ reason, detail });
