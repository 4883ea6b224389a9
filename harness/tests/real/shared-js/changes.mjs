// Changes that all instances of a deployment hear of, in the same order, also one that is started later: through Redis where
// REDIS_URL names one, else within this process.

const STREAM = 'changes';

/** Returns what tells a change, which is JSON, and is done when `apply(change)` has been called with it here. */
export async function changes(apply) {
  if (!process.env.REDIS_URL) return async (change) => apply(change);
  const { createClient } = await import('redis');
  const redis = await createClient({ url: process.env.REDIS_URL }).connect();
  const reader = await redis.duplicate().connect();
  const waiting = new Map(); // id of a change -> who waits for it
  let last = '0';

  async function read(options) {
    const streams = (await reader.xRead({ key: STREAM, id: last }, options)) ?? [];
    for (const { id, message } of streams.flatMap(({ messages }) => messages)) {
      await apply(JSON.parse(message.change));
      last = id;
      waiting.get(id)?.();
      waiting.delete(id);
    }
  }

  const follow = async () => {
    for (;;) await read({ BLOCK: 0 });
  };

  await read();
  follow();
  return async (change) => {
    const id = await redis.xAdd(STREAM, '*', { change: JSON.stringify(change) });
    if (!isSeen(id, last)) await new Promise((resolve) => waiting.set(id, resolve));
  };
}

/** Ids are `milliseconds-number`. */
function isSeen(id, last) {
  const [at, by] = [id, last].map((each) => each.split('-').map(Number));
  return at[0] < by[0] || (at[0] === by[0] && at[1] <= (by[1] ?? 0));
}
