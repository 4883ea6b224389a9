#!/bin/bash -eu
# Builds every target into $OUT, each with its corpus and the dictionary. Run by ClusterFuzzLite and OSS-Fuzz.
cd "$SRC/mcp-assay"
cargo fuzz build -O --debug-assertions
built=$(ls -d fuzz/target/*-unknown-linux-gnu/release)
for source in fuzz/fuzz_targets/*.rs; do
  target=$(basename "$source" .rs)
  cp "$built/$target" "$OUT/"
  cp fuzz/dictionary "$OUT/$target.dict"
  zip -qj "$OUT/${target}_seed_corpus.zip" fuzz/corpus/"$target"/*
  printf '[libfuzzer]\nmax_len = 4096\n' >"$OUT/$target.options"
done
