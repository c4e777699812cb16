/** How a warning about examples is put: level, where, what; and no more of a kind than anybody reads. */

export interface Warning {
  readonly level: "warning";
  readonly path: string;
  readonly message: string;
}

/** Of each kind; how many more there are is said. */
const SHOWN = 10;

export const warning = (path: string, message: string): Warning => ({ level: "warning", path, message });

/** Null: out of scope. */
export const pathOf = (intent: string | null): string => (intent === null ? "outOfScope" : `intents.${intent}`);

export function capped(warnings: readonly Warning[], many: string, one: string): readonly Warning[] {
  const rest = warnings.length - SHOWN;
  return rest <= 0 ? warnings : [...warnings.slice(0, SHOWN), warning("intents", `${rest} more ${rest === 1 ? one : many}`)];
}
