/** A request body that is made while it is sent, and that knows whether all of it went out. */
import type { Upload } from "./stream-exchange.ts";

/** `make` is called once; its signal says that nobody wants the rest. What it throws ends the request. */
export function uploadOf(make: (signal: AbortSignal) => AsyncGenerator<Uint8Array<ArrayBuffer>>): Upload {
  const end = new AbortController();
  const pieces = make(end.signal);
  const failure = Promise.withResolvers<void>();
  let isWhole = false;
  let isAwaited = false;

  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    isAwaited = true;
    const next = await pieces.next().catch(() => "failed" as const);
    isAwaited = false;
    // A stream that was given up takes nothing any more, and its end is no failure.
    if (end.signal.aborted) return;
    if (next === "failed") {
      // First, so that whoever waits knows before the way out reports a broken request in its own words.
      failure.resolve();
      return controller.error(new Error("the rest of the body cannot be made"));
    }
    if (next.done !== true) return controller.enqueue(next.value);
    isWhole = true;
    controller.close();
  };
  const stop = (): void => {
    end.abort();
    void pieces.return(undefined).catch(() => undefined);
  };
  return {
    stream: new ReadableStream({ pull, cancel: stop }, { highWaterMark: 0 }),
    failure: failure.promise,
    isWhole: () => isWhole,
    isAwaited: () => isAwaited,
    stop,
  };
}
