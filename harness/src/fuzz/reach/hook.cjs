// Tells mcp-assay which places of a Node server are reached, over the Unix socket at $ASSAY_COVERAGE.
//
// First a line that says what this is. Then each `t` is answered by a count and so many places, four bytes each, big-endian: those
// that were reached for the first time since the last `f`, which is answered by 0. A place is a block, as V8 counts them.
"use strict";

const MOST = 1 << 16; // places that are told at a time

function follow(told) {
  const session = new (require("inspector").Session)();
  session.connect();
  session.post("Profiler.enable");
  session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  const functions = new Map(); // by URL and place: where its blocks begin
  let known = new Set();

  // What was executed since the last time: V8 begins to count anew.
  function executed() {
    let scripts = [];
    session.post("Profiler.takePreciseCoverage", (failure, answer) => (scripts = failure ? [] : answer.result));
    const places = [];
    for (const script of scripts) {
      if (!script.url.startsWith("file:") || script.url.endsWith(__filename)) continue;
      for (const { ranges } of script.functions) {
        if (ranges[0].count > 0) blocks(script.url, ranges, places);
      }
    }
    return places;
  }

  // A block that was always executed with what is around it is told by V8 only when it is not: then it is known that it is there.
  function blocks(url, ranges, places) {
    const name = `${url} ${ranges[0].startOffset} ${ranges[0].endOffset}`;
    let begins = functions.get(name);
    if (begins === undefined) functions.set(name, (begins = new Set()));
    for (const range of ranges) begins.add(range.startOffset);
    for (const begin of begins) {
      // Ranges lie within one another, the outer ones first.
      let count = 0;
      for (const range of ranges) if (range.startOffset <= begin && begin < range.endOffset) count = range.count;
      const place = count > 0 ? hash(`${name} ${begin}`) : undefined;
      if (place !== undefined && !known.has(place) && places.length < MOST) {
        known.add(place);
        places.push(place);
      }
    }
  }

  told.on("data", (orders) => {
    for (const order of orders) {
      let places = executed();
      if (order === 0x66) {
        known = new Set();
        places = [];
      }
      const answer = Buffer.alloc(4 * (places.length + 1));
      answer.writeUInt32BE(places.length, 0);
      places.forEach((place, at) => answer.writeUInt32BE(place, 4 * (at + 1)));
      told.write(answer);
    }
  });
}

// FNV-1a.
function hash(text) {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return value >>> 0;
}

if (process.env.ASSAY_COVERAGE && require("worker_threads").isMainThread) {
  const told = require("net").connect(process.env.ASSAY_COVERAGE);
  told.on("error", () => {}); // nobody listens: a process that the server has left behind
  told.unref();
  told.write(`Node ${process.versions.node}\n`);
  follow(told);
}
