/** How people know who answered them: the stand-in model names its instance and the turn of its memory, `echo[eu-1 turn=2] hello`. */

export interface Echo {
  readonly instance: string;
  readonly turn: number;
  readonly text: string;
}

const ECHO = /^echo\[(\S+) turn=(\d+)\] (.*)$/s;

/** Undefined for what is not the model's. */
export function readEcho(said: string): Echo | undefined {
  const [, instance, turn, text = ""] = ECHO.exec(said) ?? [];
  return instance === undefined ? undefined : { instance, turn: Number(turn), text };
}
