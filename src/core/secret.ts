/** A secret that cannot be printed by accident: it has no useful text or JSON form, and is opened in one visible place. */
export class Secret {
  readonly #value: string;
  constructor(value: string) {
    this.#value = value;
  }

  /** The plain text. Only the line that sends or compares it calls this. */
  open(): string {
    return this.#value;
  }

  toString(): string {
    return "[secret]";
  }

  toJSON(): string {
    return "[secret]";
  }
}
