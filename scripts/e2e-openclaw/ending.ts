/** Ends what was started, in the opposite order, whatever happens in between. */

type Closer = () => Promise<unknown>;

/** What was started, to be ended in the opposite order, once. What starts after that is ended at once. */
export interface Ending {
  readonly add: (closer: Closer) => void;
  readonly run: () => Promise<void>;
}

export function ending(): Ending {
  const closers: Closer[] = [];
  let isOver = false;
  const close = (closer: Closer): Promise<unknown> => closer().catch((error: unknown) => console.error(`while tidying up: ${error}`));
  return {
    add: (closer) => void (isOver ? close(closer) : closers.push(closer)),
    run: async () => {
      isOver = true;
      for (const closer of closers.splice(0).reverse()) await close(closer);
    },
  };
}
