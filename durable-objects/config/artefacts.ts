/** The Config object's artefacts, by name, in as many rows as each needs, and which of them KV has. SQL and nothing else. */

/** A row may have 2 MB. @see https://developers.cloudflare.com/durable-objects/platform/limits/ */
const PART_BYTES = 1_500_000;

export class Artefacts {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** One that is here already has the same bytes; but whether KV still has them is asked anew. */
  keep(name: string, bytes: Uint8Array): void {
    this.#sql.exec("INSERT INTO artefacts (name, is_in_kv) VALUES (?, 0) ON CONFLICT (name) DO UPDATE SET is_in_kv = 0", name);
    const parts = Math.ceil(bytes.length / PART_BYTES);
    for (let part = 0; part < parts; part += 1) {
      const slice = bytes.slice(part * PART_BYTES, (part + 1) * PART_BYTES).buffer as ArrayBuffer;
      this.#sql.exec("INSERT OR IGNORE INTO artefact_parts (name, part, bytes) VALUES (?, ?, ?)", name, part, slice);
    }
  }

  read(name: string): Uint8Array | undefined {
    const found = "SELECT bytes FROM artefact_parts WHERE name = ? ORDER BY part";
    const parts = this.#sql.exec<{ bytes: ArrayBuffer }>(found, name).toArray();
    if (parts.length === 0) return undefined;
    const whole = new Uint8Array(parts.reduce((length, { bytes }) => length + bytes.byteLength, 0));
    let at = 0;
    for (const { bytes } of parts) {
      whole.set(new Uint8Array(bytes), at);
      at += bytes.byteLength;
    }
    return whole;
  }

  isInKv(name: string): boolean {
    return this.#sql.exec("SELECT 1 FROM artefacts WHERE name = ? AND is_in_kv = 1", name).toArray().length > 0;
  }

  wroteToKv(name: string): void {
    this.#sql.exec("UPDATE artefacts SET is_in_kv = 1 WHERE name = ?", name);
  }

  /** Those that no kept document has. */
  unnamed(): readonly string[] {
    const found = "SELECT name FROM artefacts WHERE name NOT IN (SELECT model FROM documents WHERE model IS NOT NULL)";
    return this.#sql
      .exec<{ name: string }>(found)
      .toArray()
      .map(({ name }) => name);
  }

  /** Unless a document that was kept meanwhile has it again. */
  drop(name: string): void {
    if (!this.unnamed().includes(name)) return;
    this.#sql.exec("DELETE FROM artefact_parts WHERE name = ?", name);
    this.#sql.exec("DELETE FROM artefacts WHERE name = ?", name);
  }
}
